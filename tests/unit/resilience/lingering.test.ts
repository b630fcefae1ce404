import { expect, it } from 'vitest'
import { allOf } from '../../../harness/resilience/lingering.ts'

it('what lingers together has stopped with the last of it', () => {
  const told: ((nowNs: number) => void)[] = []
  const one = { whenStopped: (callback: (nowNs: number) => void) => void told.push(callback) }
  const stopped: number[] = []
  allOf([one, one, one])?.whenStopped((nowNs) => stopped.push(nowNs))
  for (const [index, tell] of told.entries()) {
    expect(stopped).toEqual([])
    tell(index)
  }
  expect(stopped).toEqual([2])
  expect(allOf([one])).toBe(one)
  expect(allOf([])).toBeNull()
})
