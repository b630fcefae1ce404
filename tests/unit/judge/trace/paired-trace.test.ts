import { describe, expect, test } from 'vitest'
import { createRng, shuffled } from '../../../../harness/kernel/rng.ts'
import {
  decideTrace,
  type PairedTrace,
  pairedTraceProblems,
  type TracedSlice,
} from '../../../../harness/judge/trace/paired-trace.ts'
import { comparisonOf, gaussian, tracedRounds, tracedSlice } from '../../../support/paired-traces.ts'

/** A run of several slices of each arm in a round, in a random order. */
function interleaved(policies: readonly string[]): PairedTrace {
  const noise = gaussian('interleaved')
  const arms = ['baseline', 'control', ...policies.map((name) => `policy:${name}`)]
  const order = createRng('order')
  const roundOf = (): readonly TracedSlice[] =>
    shuffled(
      arms.flatMap((arm) => [arm, arm, arm]),
      order,
    ).map((arm, place) =>
      tracedSlice(arm, place, { throughput: 0.03 * noise(), p50: 0.03 * noise(), p99: 0.06 * noise() }),
    )
  return { ...tracedRounds(0, {}), rounds: Array.from({ length: 12 }, () => ({ slices: roundOf() })) }
}

function withSlices(
  trace: PairedTrace,
  change: (slices: readonly TracedSlice[]) => readonly TracedSlice[],
): PairedTrace {
  return { ...trace, rounds: trace.rounds.map(({ slices }) => ({ slices: change(slices) })) }
}

describe('the answer to a trace', () => {
  test('is the same to the byte for the same trace', () => {
    const answer = JSON.stringify(decideTrace(interleaved(['a', 'b'])))
    expect(JSON.stringify(decideTrace(interleaved(['a', 'b'])))).toBe(answer)
    expect(JSON.stringify(decideTrace(JSON.parse(JSON.stringify(interleaved(['a', 'b'])))))).toBe(answer)
  })

  test('does not ask how the slices of a round lie in the file', () => {
    const trace = interleaved(['a', 'b', 'c', 'd', 'e'])
    const mixed = withSlices(trace, (slices) => shuffled(slices, createRng('file')))
    expect(JSON.stringify(decideTrace(mixed))).toBe(JSON.stringify(decideTrace(trace)))
  })

  test('asks for the order in which they were measured', () => {
    const trace = interleaved(['a'])
    const moved = withSlices(trace, (slices) =>
      slices.map((slice) => ({ ...slice, order: (slice.order * 5) % slices.length })),
    )
    const estimateOf = (one: PairedTrace): number | null => comparisonOf(decideTrace(one), 'p50').estimate
    expect(estimateOf(moved)).not.toBe(estimateOf(trace))
  })

  test('compares every policy in every metric with both baselines', () => {
    const { comparisons } = decideTrace(interleaved(['b', 'a']))
    expect(comparisons.map(({ policy, metric }) => `${policy} ${metric}`)).toEqual(
      ['a', 'b'].flatMap((policy) =>
        ['throughput', 'p50', 'p95', 'p99', 'slow', 'errors', 'cpu'].map((metric) => `${policy} ${metric}`),
      ),
    )
    const arms = { control: () => ({ p50: 0.2 }), 'policy:a': () => ({}) }
    const [perRound] = comparisonOf(decideTrace(tracedRounds(1, arms)), 'p50').perRound
    expect(perRound).toBeLessThan(0)
    expect(perRound).toBeGreaterThan(-0.2)
  })

  test('compares what processes hold where slices tell it, and finds one that keeps a tenth more', () => {
    const held = withSlices(interleaved(['a']), (slices) =>
      slices.map((one) => ({ ...one, rssKb: 60_000 * (one.arm === 'policy:a' ? 1.1 : 1) + one.order })),
    )
    const answer = decideTrace({ ...held, gate: [['a', 'rss']] })
    expect(comparisonOf(answer, 'rss').estimate).toBeCloseTo(Math.log(1.1), 2)
    expect([answer.verdict, comparisonOf(answer, 'rss').verdict]).toEqual(['fail', 'fail'])
    expect(answer.comparisons.some(({ metric }) => metric === 'heap')).toBe(false)
  })

  test('is gated by throughput, p50 and p99 of the first four policies by name where the trace does not say', () => {
    const arms = Object.fromEntries(['e', 'd', 'c', 'b', 'a'].map((name) => [`policy:${name}`, () => ({})]))
    const gated = decideTrace(tracedRounds(12, arms)).comparisons.filter((one) => one.gated)
    expect(gated.map(({ policy, metric }) => `${policy} ${metric}`)).toEqual(
      ['a', 'b', 'c', 'd'].flatMap((policy) => ['throughput', 'p50', 'p99'].map((metric) => `${policy} ${metric}`)),
    )
  })

  test('is gated by what the trace says', () => {
    const arms = { 'policy:a': () => ({}), 'policy:b': () => ({}) }
    const gate = [
      ['b', 'cpu'],
      ['a', 'errors'],
      ['b', 'cpu'],
    ] as const
    const gated = decideTrace(tracedRounds(12, arms, { gate })).comparisons.filter((one) => one.gated)
    expect(gated.map(({ policy, metric }) => `${policy} ${metric}`)).toEqual(['a errors', 'b cpu'])
  })

  test('names the ruler, and doubts one that is not calibrated', () => {
    const arms = { 'policy:a': () => ({}) }
    expect(decideTrace(tracedRounds(12, arms))).toMatchObject({
      id: 'x',
      verdict: 'pass',
      comparisons: [{ ruler: 'uncalibrated' }, {}, {}, {}, {}, {}, {}],
      doubts: [{ kind: 'uncalibrated', effect: 'note' }],
    })
    const calibration = { name: 'c0ffee', metrics: {} }
    expect(decideTrace(tracedRounds(12, arms, { calibration }))).toMatchObject({
      comparisons: [{ ruler: 'c0ffee' }, {}, {}, {}, {}, {}, {}],
      doubts: [],
    })
  })

  test('reads what a slice does not tell as unknown', () => {
    const bare = ({ arm, order, startMs, durationMs, ok, failed }: TracedSlice): TracedSlice => ({
      arm,
      order,
      startMs,
      durationMs,
      ok,
      failed,
    })
    const answer = decideTrace(withSlices(interleaved(['a']), (slices) => slices.map(bare)))
    const measured = answer.comparisons.filter(({ rounds }) => rounds > 0).map(({ metric }) => metric)
    expect(measured).toEqual(['throughput', 'errors'])
  })
})

describe('the problems of a trace', () => {
  const slice = tracedSlice('policy:a', 1)
  const trace = tracedRounds(2, { 'policy:a': () => ({}) })
  const withSlice = (changes: object): unknown => ({
    ...trace,
    rounds: [trace.rounds[0], { slices: [tracedSlice('baseline', 0), { ...slice, ...changes }] }],
  })

  test('are none of a good one', () => {
    expect(pairedTraceProblems(trace)).toEqual([])
    expect(pairedTraceProblems(withSlice({ latencyMs: null, slow: null, cpuMs: null }))).toEqual([])
    expect(
      pairedTraceProblems({ ...trace, gate: [['a', 'p99']], looks: [8, 16], calibration: { name: 'c', metrics: {} } }),
    ).toEqual([])
  })

  test.each<[object, string, string]>([
    [{ arm: 'policy:' }, '/arm', 'found "policy:", allowed: text of the form ^(baseline|control|policy:.+)$'],
    [{ durationMs: 0 }, '/durationMs', 'found 0, allowed: a number over 0'],
    [{ ok: -1 }, '/ok', 'found -1, allowed: a whole number of at least 0'],
    [{ failed: 0.5 }, '/failed', 'found 0.5, allowed: a whole number of at least 0'],
    [{ order: undefined }, '/order', 'found nothing, required'],
    [{ latencyMs: { p50: 1, p95: 2 } }, '/latencyMs/p99', 'found nothing, required'],
    [{ latencyMs: { p50: Infinity, p95: 2, p99: 3 } }, '/latencyMs/p50', 'found null, allowed: a number of at least 0'],
    [{ cpuMs: 'much' }, '/cpuMs', 'found "much", allowed: a number of at least 0 or null'],
    [{ colour: 1 }, '/colour', expect.stringContaining('found an unknown key "colour"')],
  ])('are told at their place in a slice: %j', (changes, where, message) => {
    const known = Object.fromEntries(
      Object.entries({ ...slice, ...changes }).filter(([, value]) => value !== undefined),
    )
    const document = { ...trace, rounds: [trace.rounds[0], { slices: [tracedSlice('baseline', 0), known] }] }
    expect(pairedTraceProblems(document)).toEqual([{ where: `/rounds/1/slices/1${where}`, message }])
  })

  test.each<[object, string, string]>([
    [{ schema: 'soakrig/trace@2' }, '/schema', expect.stringContaining('found "soakrig/trace@2"')],
    [{ rounds: [] }, '/rounds', 'found an empty list, allowed: a list of 1 to 500'],
    [{ rounds: [{ slices: [slice] }] }, '/rounds', 'found no slice of baseline, required'],
    [{ gate: [['b', 'p50']] }, '/gate/0/0', 'found b, allowed: a'],
    [{ gate: [['a', 'p999']] }, '/gate/0/1', expect.stringContaining('did you mean "p99"?')],
    [{ looks: [8, 8] }, '/looks', 'found 8, 8, allowed: ascending numbers of rounds'],
    [{ looks: [] }, '/looks', 'found an empty list, allowed: a list that is not empty'],
    [
      { calibration: { name: 'c', metrics: { swap: {} } } },
      '/calibration/metrics/swap',
      expect.stringContaining('unknown key'),
    ],
  ])('are told at their place: %j', (changes, where, message) => {
    expect(pairedTraceProblems({ ...trace, ...changes })).toEqual([{ where, message }])
  })

  test('are told all at once', () => {
    const document = { ...trace, id: 5, looks: [0], rounds: [{ slices: [{ ...slice, ok: -1, failed: -1 }] }] }
    expect(
      pairedTraceProblems(document)
        .map(({ where }) => where)
        .toSorted(),
    ).toEqual(['/id', '/looks/0', '/rounds/0/slices/0/failed', '/rounds/0/slices/0/ok'])
  })

  test.each([[null], [3], ['trace'], [[]]])('are told of what is no object: %j', (document) => {
    expect(pairedTraceProblems(document)).toEqual([
      { where: '', message: expect.stringContaining('allowed: an object') },
    ])
  })

  test('are told of more rounds than can be decided in time', () => {
    const rounds = Array.from({ length: 501 }, () => trace.rounds[0])
    expect(pairedTraceProblems({ ...trace, rounds })).toMatchObject([{ where: '/rounds' }])
  })
})
