import { expect, test } from 'vitest'
import { limitLine } from '../../../harness/report/sections.ts'

const limit = { kind: 'threshold', scope: 'stress.long', expr: 'latency: p(99)<1s', actual: 5, limit: 1000, ok: true }

test.each([
  [{}, 'ok: latency: p(99)<1s, found 5'],
  [{ ok: false, actual: 2000 }, 'broken: latency: p(99)<1s, found 2000'],
  [{ ok: false, actual: null }, 'unmeasured: latency: p(99)<1s, found nothing'],
  [{ window: { fromMs: 0, toMs: 60_000 } }, 'ok: latency: p(99)<1s, found 5 at 0ms to 60s'],
  [{ expr: 'latency: p(99)<baseline*2', limit: 7 }, 'ok: latency: p(99)<baseline*2, found 5, limit 7'],
  [{ expr: 'rss: max<1gib', unit: 'KiB', limit: 1_048_576 }, 'ok: rss: max<1gib, found 5 KiB, limit 1048576'],
  [
    { expr: 'throughput: rate>=reference', limit: null, ok: false, why: 'no earlier long of x' },
    'not judged: throughput: rate>=reference, found 5 (no earlier long of x)',
  ],
])(
  'a limit is told with what the expression does not say, and never as kept where it was not judged: %j',
  (changes, line) => {
    expect(limitLine({ ...limit, ...changes })).toBe(line)
  },
)
