import { describe, expect, test } from 'vitest'
import { exitCodes, worstExitCode } from '../../../harness/kernel/exit-codes.ts'

const precedence = [1, 105, 107, 104, 106, 113, 102, 99, 114, 115, 111, 112, 0] as const

describe('the exit code of several conditions', () => {
  test('is 0 when there is none', () => {
    expect(worstExitCode([])).toBe(0)
  })

  test('is the first of 1 > 105 > 107 > 104 > 106 > 113 > 102 > 99 > 114 > 115 > 111 > 112, in whatever order they come', () => {
    expect(Object.values(exitCodes)).toEqual(precedence)
    for (let worst = 0; worst < precedence.length; worst++) {
      const rest = precedence.slice(worst)
      expect(worstExitCode(rest)).toBe(precedence[worst])
      expect(worstExitCode(rest.toReversed())).toBe(precedence[worst])
    }
  })
})
