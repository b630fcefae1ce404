import { describe, expect, test } from 'vitest'
import type { EnvelopePoint } from '../../../../harness/judge/memory/envelope.ts'
import { persistenceOf } from '../../../../harness/judge/memory/persistence.ts'

/** 60 points, and what a share of the run has come to at each; with a little that alternates. */
function pointsOf(kbAt: (share: number) => number, requestsAt: (share: number) => number | null = () => null) {
  return Array.from({ length: 60 }, (_, index): EnvelopePoint => {
    const share = index / 59
    return { seconds: 720 * share, requests: requestsAt(share), level: 100_000 + kbAt(share) + (index % 2) * 50 }
  })
}

const warmup = (share: number): number => 50_000 * (1 - Math.exp(-share / 0.1))

describe('growth that goes on is told from growth that decays', () => {
  test.each([
    ['a line', (share: number) => 20_000 * share],
    ['a line after a warm-up', (share: number) => warmup(share) + 20_000 * share],
  ])('%s goes on', (_, kbAt) => {
    expect(persistenceOf(pointsOf(kbAt))).toBeGreaterThan(1)
  })

  test.each([
    ['what fills with half of the run', (share: number) => 40_000 * (1 - Math.exp(-share / 0.5))],
    ['a logarithm', (share: number) => 10_000 * Math.log1p(share / 0.04)],
    ['a logarithm after a warm-up', (share: number) => warmup(share) + 10_000 * Math.log1p(share / 0.04)],
  ])('%s decays', (_, kbAt) => {
    expect(persistenceOf(pointsOf(kbAt))).toBeLessThan(-1)
  })

  test('growth per request is a line however the load changes', () => {
    const served = (share: number): number => 100_000 * Math.sqrt(share)
    const kbAt = (share: number): number => served(share) / 5
    expect(persistenceOf(pointsOf(kbAt, served))).toBeGreaterThan(1)
    expect(persistenceOf(pointsOf(kbAt))).toBeLessThan(0)
  })

  test('neither is told of what falls or stands still, of a few points, or of one moment', () => {
    expect(persistenceOf(pointsOf((share) => -20_000 * share))).toBe(0)
    expect(persistenceOf(pointsOf(() => 0).slice(0, 4))).toBe(0)
    expect(persistenceOf(pointsOf(() => 0).map((point) => ({ ...point, seconds: 5 })))).toBe(0)
  })

  test('whole numbers that both explain to the last one say nothing', () => {
    const files = pointsOf(() => 0).map((point, index) => ({ ...point, level: 20 + Math.round(index / 20) }))
    expect(Math.abs(persistenceOf(files))).toBeLessThan(1)
  })
})
