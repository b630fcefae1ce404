import { expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import type { ResultStrengthStep, ResultTolerance } from '../../../harness/archive/tune.ts'
import { findTolerancesAgain } from '../../../harness/pipeline/analyze-tolerance.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const expr = 'latency: p(50)<60ms'

function stepOf(value: number, p50s: readonly number[]): ResultStrengthStep {
  const trials = p50s.map((p50) => {
    const ok = p50 < 60
    const bounds = [{ kind: 'bound', scope: 'tune', expr, actual: p50, limit: 60, ok } as const]
    return { held: ok, whyVoid: null, near: p50 > 50, ok: 100, failed: 0, p50, p99: p50, baselineP50: 1, bounds }
  })
  const held = trials.filter((trial) => trial.held).length
  return { value, verdict: held > 0 ? 'held' : 'broken', held, of: trials.length, trials }
}

const tolerance: ResultTolerance = {
  policy: 'slow',
  parameter: 'latency.delay',
  unit: 'ms',
  harder: 'more',
  from: 20,
  bounds: [expr],
  kind: 'found',
  holds: 56,
  breaks: 60,
  monotonic: true,
  precise: true,
  limit: null,
  boundsOf: 'policy',
  boundsBroken: [expr],
  doubts: [],
  steps: [stepOf(20, [21]), stepOf(56, [57, 57]), stepOf(60, [61, 62]), stepOf(80, [81, 81])],
}

/** Where a tolerance says something else than its trials. */
function contradicted(one: ResultTolerance, resolution = '10%'): readonly string[] {
  const example = exampleResult()
  const profile = { ...example.config.profile, tune: { resolution } }
  const result: Result = { ...example, config: { ...example.config, profile }, tolerance: [one] }
  return findTolerancesAgain(result).differences.map(({ where }) => where)
}

test('a tolerance is found again by its trials', () => {
  expect(contradicted(tolerance)).toEqual([])
})

test.for([
  ['what holds', { holds: 200 }, ['/tolerance/0/holds']],
  ['what breaks', { breaks: 80 }, ['/tolerance/0/breaks']],
  ['its kind', { kind: 'holds' }, ['/tolerance/0/kind']],
  ['which bounds broke', { boundsBroken: [] }, ['/tolerance/0/boundsBroken/0']],
  ['what there is to doubt', { monotonic: false }, ['/tolerance/0/monotonic']],
  ['its remarks', { doubts: ['none'] }, ['/tolerance/0/doubts/0']],
] as const)('%s is told where the trials say otherwise', ([, changes, where]) => {
  expect(contradicted({ ...tolerance, ...changes })).toEqual(where)
})

test('how near it came is held against the resolution that was asked for', () => {
  expect(contradicted(tolerance, '5%')).toEqual(['/tolerance/0/precise'])
})

test('a trial is held against its own figures', () => {
  const forged = stepOf(56, [57, 57]).trials.map((trial) => {
    return { ...trial, bounds: trial.bounds.map((bound) => ({ ...bound, actual: 61 })) }
  })
  const step = { ...stepOf(56, [57, 57]), trials: forged }
  const where = contradicted({ ...tolerance, steps: tolerance.steps.with(1, step) })
  expect(where).toContain('/tolerance/0/steps/1/trials/0/held')
  expect(where).toContain('/tolerance/0/steps/1/verdict')
  expect(where).toContain('/tolerance/0/holds')
})
