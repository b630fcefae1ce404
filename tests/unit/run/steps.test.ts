import { expect, test } from 'vitest'
import type { Layer } from '../../../harness/faults/rule.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import type { Installed } from '../../../harness/plan/timeline.ts'
import { followFaults } from '../../../harness/run/fault-spans.ts'
import { startSteps } from '../../../harness/run/steps.ts'

const installed = (name: string): Installed => ({ layer: { name, rules: [] } satisfies Layer, at: null })

function started(install: (installed: readonly Installed[]) => Promise<void>) {
  const clock = createVirtualClock()
  const spans = followFaults(0)
  const failures: unknown[] = []
  const steps = startSteps({
    moments: [
      { atNs: 1e9, installed: [installed('latency')] },
      { atNs: 3e9, installed: [] },
    ],
    originNs: clock.nowNs(),
    clock,
    installer: { install },
    spans,
    failed: (error) => failures.push(error),
  })
  return { clock, spans, failures, steps }
}

test('steps come into force at their moments and no others', async () => {
  const seen: string[] = []
  const { clock, spans, steps } = started((now) => {
    seen.push(`${clock.nowNs() / 1e9}: ${now.map(({ layer }) => layer.name).join()}`)
    return Promise.resolve()
  })
  await clock.advance(5e9)
  await steps.stop()
  expect(seen).toEqual(['1: latency', '3: ', '5: '])
  expect(spans.between(0, 0.9e9).faults).toEqual([])
  expect(spans.between(0.9e9, 1.1e9).faults).toEqual(['latency'])
  expect(spans.between(3e9, 5e9).faults).toEqual([])
})

test('a segment that is stopped takes away what is in force and does nothing more', async () => {
  const seen: string[][] = []
  const { clock, steps } = started((now) => {
    seen.push(now.map(({ layer }) => layer.name))
    return Promise.resolve()
  })
  await clock.advance(2e9)
  await steps.stop()
  await clock.advance(5e9)
  expect(seen).toEqual([['latency'], []])
})

test('a step that fails is told, and ends the steps', async () => {
  const { clock, failures, steps } = started((now) =>
    now.length > 0 ? Promise.reject(new Error('no relay')) : Promise.resolve(),
  )
  await clock.advance(5e9)
  expect(failures).toHaveLength(1)
  await steps.stop()
})

test('a segment that is stopped twice takes away what is in force once', async () => {
  const seen: string[][] = []
  const { clock, steps } = started((now) => {
    seen.push(now.map(({ layer }) => layer.name))
    return Promise.resolve()
  })
  await clock.advance(2e9)
  await Promise.all([steps.stop(), steps.stop()])
  expect(seen).toEqual([['latency'], []])
})
