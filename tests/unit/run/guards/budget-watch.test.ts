import { expect, test } from 'vitest'
import type { CountDelta } from '../../../../harness/load/protocol.ts'
import type { FailureBreach } from '../../../../harness/measure/failure-budget.ts'
import { createArm } from '../../../../harness/plan/arms.ts'
import type { Mode } from '../../../../harness/profile/profile.ts'
import { followFaults } from '../../../../harness/run/fault-spans.ts'
import { BudgetWatch } from '../../../../harness/run/guards/budget-watch.ts'
import { plainRule } from '../../../../harness/faults/rules.ts'
import { parseFaults } from '../../../../harness/faults/faults.ts'

const second = 1e9
const settings = { threshold: 0.05, windowNs: 30 * second, minSamples: 50, of: 'operations' as const }
const mode = { discardNs: 0, sliceNs: second, drainNs: 0 } as Mode

function deltaOf(toNs: number, operations: CountDelta['operations'], attempts = operations): CountDelta {
  return { fromNs: toNs - second, toNs, operations, attempts }
}

test('only clean load is asked for its counts: what a policy does to it is no reason to stop', () => {
  const watch = new BudgetWatch(settings, followFaults(0), () => {})
  const rules = [plainRule('lost', parseFaults({ reset: { probability: 1 } }))]
  const arms = {
    baseline: createArm(mode, 'baseline', { kind: 'baseline', path: 'direct' }),
    relayed: createArm(mode, 'baseline', { kind: 'baseline', path: 'relay' }),
    warmup: createArm(mode, 'warmup', { kind: 'baseline', path: 'direct' }),
    stress: createArm(mode, 'stress', { kind: 'baseline', path: 'direct' }),
    load: createArm(mode, 'load', { kind: 'baseline', path: 'direct' }),
    canary: createArm(mode, 'canary', { kind: 'policy', path: 'relay', rules }),
    fault: createArm(mode, 'policy', { kind: 'policy', path: 'relay', policy: 'lost', rules }),
    yardstick: createArm(mode, 'baseline', { kind: 'yardstick', path: 'direct', build: 'yardstick' }),
    client: createArm(mode, 'policy', { kind: 'client', path: 'direct', policy: 'retry' }),
  }
  expect(new BudgetWatch(null, followFaults(0), () => {}).countEveryNs(arms.load)).toBeUndefined()
  const watched = Object.entries(arms).filter(([, arm]) => watch.countEveryNs(arm) === second)
  expect(watched.map(([name]) => name)).toEqual(['baseline', 'relayed', 'warmup', 'stress', 'load'])
})

test('failures while a step has a fault in force, or just after, are not counted', () => {
  const told: FailureBreach[] = []
  const spans = followFaults(2 * second)
  const watch = new BudgetWatch(settings, spans, (breach) => told.push(breach))
  spans.begin(['lost'], 10 * second)
  spans.narrow(['lost'], 10 * second)
  watch.add(deltaOf(11 * second, { ok: 0, failed: 100 }))
  spans.narrow([], 12 * second)
  watch.add(deltaOf(14 * second, { ok: 0, failed: 100 }))
  expect(watch.read()).toEqual({ worst: null, breach: null })
  watch.add(deltaOf(15 * second, { ok: 40, failed: 10 }))
  expect(told).toEqual([{ atNs: 15 * second, samples: 50, failures: 10, rate: 0.2 }])
})

test('a budget of operations does not see what a retry has mended, one of attempts does (P26)', () => {
  const mended = deltaOf(second, { ok: 100, failed: 0 }, { ok: 100, failed: 300 })
  const breaches = (['operations', 'attempts'] as const).map((of) => {
    const watch = new BudgetWatch({ ...settings, of }, followFaults(0), () => {})
    watch.add(mended)
    return watch.read()?.breach !== null
  })
  expect(breaches).toEqual([false, true])
})

test('what several workers tell is one budget', () => {
  let told = 0
  const watch = new BudgetWatch(settings, followFaults(0), () => told++)
  for (let worker = 0; worker < 3; worker++) watch.add(deltaOf((10 - worker / 10) * second, { ok: 15, failed: 3 }))
  expect([told, watch.read()?.breach?.samples]).toEqual([1, 54])
})
