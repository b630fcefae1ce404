import type { Result } from '../archive/result.ts'
import { armsOf, type PlacedArm } from '../compare/arms.ts'
import { nothing, percent, shortNumber } from './format.ts'
import { latencyHead, latencyRows } from './latency-rows.ts'
import { type Section, sourceArm } from './section.ts'

const figures = ['p50', 'p90', 'p99', 'p999'] as const

/** What the schedule asked for against what was started; empty without a schedule. */
export function scheduleTexts({ arm, slices }: PlacedArm): string[] {
  if (arm.schedule === null) return []
  const { fromPerSecond: from, toPerSecond: to } = arm.schedule
  const scheduled = slices.filter(({ use }) => use !== 'throughput')
  // The rate of each slice may be a share of what was reached before it.
  const where = scheduled.length > 1 ? ' (last slice)' : ''
  const rate = from === to ? shortNumber(from) : `${shortNumber(from)} to ${shortNumber(to)}`
  const ms = scheduled.length > 0 ? scheduled.reduce((sum, { durationMs }) => sum + durationMs, 0) : arm.measuredMs
  const sent = arm.sendLatenessMs?.count ?? 0
  const dropped = arm.iterations?.dropped ?? 0
  return [
    `intended ${rate}/s${where}`,
    `achieved ${ms === 0 ? nothing : shortNumber((1000 * sent) / ms)}/s`,
    ...(dropped > 0 ? [`${shortNumber(dropped)} dropped (${percent(dropped / (sent + dropped))})`] : []),
  ]
}

/** The arms that took their load from a schedule, but for the one of which all figures are shown. */
export function scheduleSection(result: Result): Section {
  const source = sourceArm(result)
  const arms = [...armsOf(result).values()].filter(({ arm, id }) => arm.schedule !== null && id !== source?.id)
  return {
    title: 'load by a schedule, latency in ms',
    lines: [],
    table: {
      head: ['arm', 'iterations', 'latency', ...latencyHead(figures)],
      rows: arms.flatMap((place) => {
        const texts = scheduleTexts(place)
        const rows = latencyRows(place.arm, figures)
        const none = ['', ...figures.map(() => '')]
        return Array.from({ length: Math.max(texts.length, rows.length) }, (_, index) => [
          index === 0 ? place.id : '',
          texts[index] ?? '',
          ...(rows[index] ?? none),
        ])
      }),
      numeric: figures.map((_, index) => index + 3),
    },
  }
}
