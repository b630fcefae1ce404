import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Comparison } from '../../harness/compare/comparison.ts'
import { armOf, type Bench, openBench, soakrig } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

describe('compare', () => {
  test('of a result with itself says same; of two, the numbers are those of the files, also where one is pinned; of two profiles, 112', async () => {
    const profile = await bench.profile('twice', {})
    const first = await bench.stage('stress', profile)
    const [pinned = ''] = await bench.files('twice')
    const pin = await soakrig(['results', 'pin', pinned, '--json'])
    expect(JSON.parse(pin.stdout)).toMatchObject({ id: first.result.run.id, profile: 'twice', mode: 'smoke' })
    const second = await bench.stage('stress', profile)
    const [a, b] = (await bench.files('twice')).toSorted()
    expect(second.result.reference).toMatchObject({
      kind: 'pinned',
      results: [{ id: first.result.run.id, file: a }],
      verdict: 'undecided',
      why: 'one round tells no difference from chance',
    })
    const again = await soakrig(['analyze', b ?? ''])
    expect(JSON.parse(again.stdout)).toMatchObject({ reproduced: true })

    const self = await soakrig(['compare', a ?? '', a ?? '', '--json'])
    expect(self.code).toBe(0)
    expect((JSON.parse(self.stdout) as Comparison).verdict).toBe('same')

    const two = await soakrig(['compare', a ?? '', b ?? '', '--json'])
    expect(two.code).toBe(0)
    const { rows } = JSON.parse(two.stdout) as Comparison
    const base = armOf(first.result, 'stress.smoke', 'baseline').latencyMs.p50 ?? 0
    const next = armOf(second.result, 'stress.smoke', 'baseline').latencyMs.p50 ?? 0
    const row = rows.find(({ metric, scope }) => metric === 'p50' && scope.startsWith('stress.smoke'))
    expect(row).toMatchObject({ base, next })
    expect(row?.ratio).toBeCloseTo(next / base, 4)

    const other = await bench.profile('other', { load: { model: 'closed', workers: 3 } })
    await bench.stage('stress', other)
    const [c] = await bench.files('other')
    const refused = await soakrig(['compare', a ?? '', c ?? ''])
    expect(refused.code).toBe(112)
    expect(refused.stderr).toMatch(/load\/workers|profile/u)
    const alone = await soakrig(['soak', other, '--mode', 'smoke', '--results', bench.results, '--require-reference'])
    expect(alone.code).toBe(112)
    expect(alone.stderr).toContain('there is nothing to compare with: no passing smoke of other with these settings')
  })
})
