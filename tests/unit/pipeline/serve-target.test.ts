import { describe, expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { serveTarget } from '../../../harness/pipeline/serve-target.ts'
import { parseFramingFlag } from '../../../harness/pipeline/target-flags.ts'

const nothing = {
  host: '127.0.0.1',
  port: 0,
  seed: 1,
  target: { builtin: 'tcp' },
  clock: realClock,
  onDeath: () => {},
}

describe('a built-in target by itself', () => {
  test.each([
    ['--port', { port: Number.NaN }],
    ['--port', { port: 65_536 }],
    ['--port', { port: -1 }],
    ['--port', { port: 1.5 }],
    ['--seed', { seed: Number.NaN }],
  ])('refuses a wrong %s: %j', async (flag, wrong) => {
    await expect(serveTarget({ ...nothing, ...wrong })).rejects.toMatchObject({
      code: 'bad-flag',
      exitCode: 104,
      message: expect.stringContaining(flag) as string,
    })
  })

  test.each([
    ['line', 'line'],
    ['length-prefixed:2', { lengthPrefixed: 2 }],
    ['fixed:64b', { fixed: '64b' }],
    ['{"line":"|"}', { line: '|' }],
  ])('takes the framing %s', (text, framing) => {
    expect(parseFramingFlag(text)).toEqual(framing)
  })

  test.each(['fixed', 'lines', '64', '{'])('refuses the framing %j', (text) => {
    expect(() => parseFramingFlag(text)).toThrow(/^--framing: found/u)
  })
})
