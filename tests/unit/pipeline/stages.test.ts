import { expect, test } from 'vitest'
import type { RunOptions } from '../../../harness/pipeline/options.ts'
import { StageRunner } from '../../../harness/pipeline/stages.ts'
import { compilePlan, type Stages } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Session, SliceOrder } from '../../../harness/run/session.ts'
import { fakeSession } from '../../support/fake-session.ts'
import { createJumpClock } from '../../support/jump-clock.ts'

/** What people are told of each slice, in its order. */
async function slicesTold(rounds: number, stages: Omit<Stages, 'policies' | 'stress'>): Promise<string[]> {
  const raw = {
    target: { builtin: 'http' },
    policies: { retry: { client: { retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '1ms' } } } },
    modes: { long: { rounds, slices: 1, gate: { rounds: [1, 2], slices: 2 } } },
  }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const plan = compilePlan(profile, { ...stages, policies: true, stress: false })
  const session = fakeSession({ capacity: 300, serviceMs: 10 }, createJumpClock(), () => {})
  const told: string[] = []
  const onProgress: RunOptions['onProgress'] = (event) => {
    if (event.kind === 'stage' && event.detail.includes('slice')) told.push(event.detail)
  }
  await new StageRunner(session, { plan, onProgress } as unknown as RunOptions, null).measure(async () => false)
  return told
}

test('of a slice of the gate people are told in which round it is, of how many at most', async () => {
  const told = await slicesTold(1, { baseline: false, gate: 'comparisons' })
  expect(told.length).toBe(12)
  expect(told[0]).toBe('round 1 of at most 2, slice 1 of 6')
  expect(told.at(-1)).toBe('round 2 of at most 2, slice 6 of 6')
})

test('of any other slice only where there are several rounds', async () => {
  expect((await slicesTold(3, { baseline: true })).at(-1)).toMatch(/^round 3 of 3, slice (\d+) of \1$/u)
  expect((await slicesTold(1, { baseline: true })).at(-1)).toMatch(/^slice (\d+) of \1$/u)
})

/** How many rounds of a gate are carried out that may be answered after 2, 4 and 7 of them, and when it was asked. */
async function roundsUntil(answer: (asked: number) => boolean, stopAfter?: number) {
  const raw = {
    target: { builtin: 'http' },
    base: { builtin: 'http' },
    policies: { retry: { client: { retry: {} } } },
    modes: { long: { rounds: 2, slices: 1, gate: { rounds: [2, 4, 7], slices: 2 }, budget: '9h' } },
  }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const stages = { baseline: true, policies: true, gate: 'comparisons', stress: false } as const
  const plan = compilePlan(profile, stages)
  const session = fakeSession(
    { capacity: 300, serviceMs: 10, ...(stopAfter !== undefined && { stopAfter }) },
    createJumpClock(),
    () => {},
  )
  const asked: number[] = []
  const rounds = async (): Promise<readonly number[]> => {
    const { slices } = await session.measurements()
    return [...new Set(slices.filter(({ group }) => group !== null).map(({ round }) => round))]
  }
  await new StageRunner(session, { plan, onProgress: () => {} } as unknown as RunOptions, null).measure(async () => {
    asked.push((await rounds()).length)
    return answer(asked.length)
  })
  const { slices } = await session.measurements()
  return { asked, rounds: (await rounds()).length, slices }
}

test('a gate is asked for its answer after each look, and goes on to the last without one', async () => {
  expect(await roundsUntil(() => false)).toMatchObject({ asked: [2, 4, 7], rounds: 7 })
})

test('a gate that has its answer is not measured any further, and what it has is whole', async () => {
  const { asked, rounds, slices } = await roundsUntil((times) => times === 2)
  expect({ asked, rounds }).toEqual({ asked: [2, 4], rounds: 4 })
  const last = slices.filter(({ round, group }) => group !== null && round === 3)
  // Two processes of each build by turns in two cycles, and two baselines with the policy in two.
  expect(last.filter(({ group }) => group === 0)).toHaveLength(4)
  expect(last.filter(({ group }) => group === 1)).toHaveLength(8)
})

test('a gate is asked for nothing when its run was ended', async () => {
  const whole = await roundsUntil(() => false)
  const before = whole.slices.findIndex(({ group }) => group !== null)
  const { asked, rounds, slices } = await roundsUntil(() => true, before + 5)
  expect({ asked, rounds }).toEqual({ asked: [], rounds: 1 })
  expect(slices).toHaveLength(before + 5)
})

test('what a process holds is read where builds are compared, after its last slice with its heap, and slow is what is calibrated', async () => {
  const raw = {
    target: { builtin: 'http' },
    base: { builtin: 'http' },
    policies: { retry: { client: { retry: {} } } },
    modes: { long: { rounds: 1, slices: 1, gate: { rounds: [1, 2], slices: 4 } } },
  }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const plan = compilePlan(profile, { baseline: false, policies: true, gate: 'comparisons', stress: false })
  const session = fakeSession({ capacity: 300, serviceMs: 10 }, createJumpClock(), () => {})
  const placed: (SliceOrder & { readonly build: string })[] = []
  const slice: Session['slice'] = (arm, place) => {
    placed.push({ ...place, build: arm.build })
    return session.slice(arm, place)
  }
  const known = (slowOverMs: number) => ({ name: 'n', runs: 10, slowOverMs, metrics: {} })
  const calibration = { process: known(7), build: known(9) }
  const options = { plan, onProgress: () => {} } as unknown as RunOptions
  await new StageRunner({ ...session, slice }, options, calibration).measure(async () => false)
  const first = placed.filter(({ round, group }) => round === 0 && group === 0)
  for (const build of ['target', 'again', 'base', 'twin'])
    expect(first.filter((one) => one.build === build).map(({ memory }) => memory)).toEqual(['read', 'last'])
  expect(new Set(first.map(({ slowOverMs }) => slowOverMs))).toEqual(new Set([9]))
  const others = placed.filter(({ group }) => group === 1)
  expect(new Set(others.map(({ slowOverMs, memory }) => `${slowOverMs} ${memory}`))).toEqual(new Set(['7 undefined']))
})
