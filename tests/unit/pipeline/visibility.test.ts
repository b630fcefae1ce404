import { describe, expect, it } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { checkVisibility } from '../../../harness/pipeline/visibility.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { baselineOf } from '../../support/facts.ts'

/** Where requests have 60 bytes and answers 100. */
const check = (fault: Readonly<Record<string, unknown>>, at: string | null = null) =>
  checkVisibility([{ policy: 'slow', at, rules: [parseRule('slow', { fault })] } as unknown as Arm], baselineOf({}))

describe('a rate', () => {
  it('that shows in one direction may be what it likes in the other', () => {
    expect(() => check({ rate: '100kbps', uplink: { rate: '1gbps' } })).not.toThrow()
  })

  it('that could not show is refused, with what would', () => {
    expect(() => check({ rate: '1gbps' })).toThrow(
      expect.objectContaining({
        code: 'rate-invisible',
        problems: [{ where: '/policies/slow', message: expect.stringContaining('allowed: at most 160kbps') as string }],
      }) as Error,
    )
  })

  it('is not what shows where another fault of its rule does, as in a preset', () => {
    expect(() => check({ preset: '3g-fast' })).not.toThrow()
  })

  it('on the way to a dependency was not measured', () => {
    expect(() => check({ rate: '1gbps' }, 'db')).not.toThrow()
  })
})
