import { expect, test } from 'vitest'
import { stressLimits, unjudgedStress } from '../../../harness/judge/stress.ts'
import { watchWindows, type WindowSummary } from '../../../harness/judge/windows.ts'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { parseThresholds } from '../../../harness/profile/threshold-settings.ts'
import { noReading } from '../../../harness/run/watch.ts'

const profile = parseProfile(
  {
    target: { builtin: 'http' },
    policies: {
      slow: { fault: { latency: { delay: '10ms' } }, bounds: { errors: ['rate<1%'] } },
      reset: { fault: { reset: { probability: '5%' } } },
      retry: {
        client: { retry: {} },
        under: { fault: { reset: { probability: '5%' } } },
        bounds: { errors: ['rate<1%'] },
      },
    },
    thresholds: { errors: ['rate<1%'] },
  },
  { mode: 'smoke', flags: {}, env: {} },
)

const phase = 'stress.smoke'
const identity = { id: phase, phase, phaseKind: 'stress', kind: 'baseline', path: 'relay', policy: null } as const
const stepped = [
  { phase, policies: ['slow', 'reset', 'retry'].map((name) => ({ name, rules: [], at: null, inForceNs: 1e9 })) },
]

/** Of windows with what each was under, of which one in ten operations failed; null for one that saw a fault come. */
function summaryOf(...windows: readonly (readonly string[] | null)[]): WindowSummary {
  const watch = watchWindows([phase])
  const okLatency = createHistogram().encode()
  const told = { p50Ms: 1, p99Ms: 2, ...noReading, degraded: 0, series: { offered: 0, bins: [] } }
  const rest = { identity, slice: 0, ok: 90, failed: 10, okLatency, ...told }
  for (const [index, faults] of windows.entries()) {
    const [fromNs, toNs] = [index * 1e9, (index + 1) * 1e9]
    watch.add({ ...rest, index, fromNs, toNs, faults: faults ?? ['slow'], settling: faults === null })
  }
  return watch.read()
}

test('what had no window of its kind is told, and passes nothing', () => {
  const summary = summaryOf(null, ['reset', 'slow'], ['retry'])
  expect(stressLimits(summary, profile)).toEqual([])
  expect(unjudgedStress(summary, profile, stepped)).toEqual([
    { what: 'stress.smoke, windows without a fault', why: expect.stringContaining('what one leaves behind') as string },
    { what: 'bounds of slow in stress.smoke', why: expect.stringContaining('under it alone') as string },
    { what: 'bounds of retry in stress.smoke', why: expect.stringContaining('for its client policy') as string },
  ])
})

test('what has a window, and what is about the use of the target, is not held against windows taken together', () => {
  const thresholds = parseThresholds({ errors: [{ threshold: 'rate<1%', window: '1s' }], fds: ['max<1'] })
  expect(stressLimits(summaryOf([]), { ...profile, thresholds })).toEqual([])
})

test('bounds of a client policy are not held against its fault alone', () => {
  expect(stressLimits(summaryOf(['retry']), profile)).toEqual([])
})

test('what had windows of its kind is judged, and not told', () => {
  const summary = summaryOf([], ['slow'])
  expect(stressLimits(summary, profile).map(({ kind, scope, ok }) => [kind, scope, ok])).toEqual([
    ['threshold', 'stress.smoke, windows without a fault', false],
    ['bound', 'stress.smoke, windows under slow', false],
  ])
  expect(unjudgedStress(summary, profile, stepped).map(({ what }) => what)).toEqual(['bounds of retry in stress.smoke'])
  expect(unjudgedStress(summary, profile, [])).toEqual([])
})
