import { describe, expect, test } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import type { Moment } from '../../../harness/plan/timeline.ts'
import { followFaults } from '../../../harness/run/fault-spans.ts'
import type { TargetLife } from '../../../harness/run/life.ts'
import { underFaults } from '../../../harness/run/slice-faults.ts'
import { fakeTarget } from '../../support/target-handle.ts'

const pause = parseRule('pause', { fault: { pause: { every: '6s', for: '5s' } } })
const hog = parseRule('hog', { fault: { cpuHog: {} } })
const slow = parseRule('slow', { fault: { latency: { delay: '10ms' } } })

/** A life whose relays do nothing but note what they are told. */
function surroundings({ brokenFromNs = Number.POSITIVE_INFINITY } = {}) {
  const clock = createVirtualClock()
  const { handle, log } = fakeTarget(clock)
  const halt = new AbortController()
  const failures: unknown[] = []
  const told: string[] = []
  const db = {
    ports: { 'dependency:db': 1 },
    setSlice: (name: string, slice: number, originNs: number) => {
      told.push(`${name} slice ${slice} from ${originNs / 1e9}`)
      return Promise.resolve()
    },
    setLayers: (name: string, layers: readonly { readonly name: string }[]) => {
      told.push(`${name} ${layers.map((layer) => layer.name).join()}`)
      return clock.nowNs() >= brokenFromNs ? Promise.reject(new Error('no relay')) : Promise.resolve()
    },
    read: () => Promise.resolve({ arms: {}, eventLoopDelayP99Ms: 0 }),
  }
  const life = {
    handle,
    relay: null,
    dependencies: { relay: db },
    rulesOf: ({ rules }: Arm) => rules,
    relayOf: () => null,
  } as unknown as TargetLife
  const failed = (error: unknown): void => void failures.push(error)
  return { clock, log, told, failures, halt, context: { life, clock, halted: halt.signal, failed } }
}

const armOf = (rules: Arm['rules']): Arm =>
  ({ id: 'policy.p/policy-direct', policy: 'p', path: 'direct', at: null, rules }) as unknown as Arm
const times = { ordinal: 3, startNs: 1e9, measureFromNs: 2e9, endNs: 20e9 }
const without = { moments: [], spans: followFaults(0) }
const never = (): Promise<never> => new Promise(() => undefined)

describe('what is done under faults', () => {
  test('finds the target as it was once nothing more is to be measured, however long a fault lasts', async () => {
    const { clock, log, halt, context } = surroundings()
    void underFaults(context, armOf([pause]), times, without, never)
    await clock.advance(8e9)
    expect(log).toEqual(['7000: freeze'])
    halt.abort()
    await clock.advance(10e9)
    expect(log).toEqual(['7000: freeze', '8000: thaw'])
  })

  test('finds no fault where nothing was to be measured from the beginning', async () => {
    const { clock, log, halt, context } = surroundings()
    halt.abort()
    void underFaults(context, armOf([hog]), times, without, never)
    await clock.advance(10e9)
    expect(log).toEqual([])
  })

  test('ends the steps with it: no further one is carried out', async () => {
    const { clock, log, halt, context } = surroundings()
    const moments: Moment[] = [
      { atNs: 0, installed: [{ layer: { name: 'hog', rules: [hog] }, at: null }] },
      { atNs: 5e9, installed: [{ layer: { name: 'pause', rules: [pause] }, at: null }] },
    ]
    void underFaults(context, armOf([]), times, { moments, spans: followFaults(0) }, never)
    await clock.advance(4e9)
    halt.abort()
    await clock.advance(20e9)
    expect(log).toEqual(['2000: hog 1 x 1', '4000: unhog'])
  })

  test('leaves no fault on the target behind where it fails, and a relay after it, and tells what failed first', async () => {
    const { clock, log, context } = surroundings({ brokenFromNs: 4e9 })
    const work = async (): Promise<never> => {
      await clock.sleep(4e9)
      throw new Error('a worker died')
    }
    const failure = underFaults(context, armOf([hog]), times, without, work).catch((error: unknown) => error)
    await clock.advance(10e9)
    expect(await failure).toEqual(new Error('a worker died'))
    expect(log).toEqual(['1000: hog 1 x 1', '4000: unhog'])
  })

  test('has steps at a dependency count as those of the segment do, and their schedules too (P11)', async () => {
    const { clock, told, context } = surroundings()
    const moments: Moment[] = [{ atNs: 1e9, installed: [{ layer: { name: 'slow', rules: [slow] }, at: 'db' }] }]
    const work = (): Promise<void> => clock.sleep(9e9)
    const carried = underFaults(context, armOf([]), times, { moments, spans: followFaults(0) }, work)
    await clock.advance(10e9)
    await carried
    expect(told.filter((text) => !text.endsWith('db '))).toEqual(['dependency:db slice 3 from 2', 'dependency:db slow'])
    expect(told.at(-1)).toBe('dependency:db ')
  })
})
