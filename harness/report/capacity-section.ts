import type { ResultCapacity, ResultCapacitySlice, ResultCapacityStep } from '../archive/capacity.ts'
import type { Result } from '../archive/result.ts'
import { nothing, percent, shortNumber } from './format.ts'
import type { Section, SectionTable } from './section.ts'

const endings: Readonly<Record<ResultCapacity['limit'], string>> = {
  behind: 'the target falls behind',
  errors: 'the target fails',
  slow: 'the target is too slow',
  generator: 'the generator is at its end, which says nothing of the target',
  'max-rate': 'no more was to be tried',
  steps: 'so many rates were enough',
  time: 'the time was over',
  stopped: 'the run was ended',
}

/** The capacity of a target in a few words. */
export function capacityText({ kind, heldPerSecond, brokenPerSecond, limit, slo }: ResultCapacity): string {
  const kept = slo.length === 0 ? '' : ` with ${slo.join(' and ')}`
  const ending = `${endings[limit]}${brokenPerSecond === null ? '' : ` at ${shortNumber(brokenPerSecond)}/s`}`
  if (kind === 'none') return `no rate held${kept}: ${ending}`
  return `${kind === 'found' ? '' : 'at least '}${shortNumber(heldPerSecond)}/s${kept}: ${ending}`
}

/** What a search for the capacity came to, the rates that it tried, and what closed loops got done. */
export function capacitySections({ capacity }: Result): readonly Section[] {
  if (!capacity) return []
  return [
    {
      title: 'capacity (decides nothing)',
      lines: [capacityText(capacity), ...kneeLines(capacity)],
      table: ratesOf(capacity),
    },
    { title: 'closed loops', lines: scalabilityLines(capacity), table: loopsOf(capacity) },
  ]
}

function kneeLines({ knee, mostPerSecond }: ResultCapacity): string[] {
  return [
    ...(mostPerSecond === null ? [] : [`most that got done in any slice: ${shortNumber(mostPerSecond)}/s`]),
    knee.perSecond === null
      ? 'throughput over the rates has no knee'
      : `throughput over the rates has its knee at ${shortNumber(knee.perSecond)}/s`,
  ]
}

function ratesOf({ steps }: ResultCapacity): SectionTable {
  return {
    head: ['rate/s', '', 'sent/s', 'ended/s', 'ok/s', 'errors', 'p50 ms', 'p99 ms', 'generator'],
    rows: steps
      .toSorted((a, b) => a.perSecond - b.perSecond)
      .flatMap((step) => step.slices.map((slice, index) => rowOf(step, slice, index === 0))),
    numeric: [0, 2, 3, 4, 5, 6, 7],
  }
}

function rowOf({ perSecond, verdict }: ResultCapacityStep, slice: ResultCapacitySlice, first: boolean): string[] {
  return [
    first ? shortNumber(perSecond) : '',
    first ? (verdict ?? 'undecided') : '',
    shortNumber(slice.sent),
    shortNumber(slice.ended),
    shortNumber(slice.ok),
    percent(slice.errorRate),
    shortNumber(slice.p50),
    shortNumber(slice.p99),
    slice.generator,
  ]
}

function scalabilityLines({ loops, scalability, scalabilityWhyNone, knee }: ResultCapacity): string[] {
  if (loops.length === 0) return []
  if (!scalability) return [`the universal scalability law says nothing: ${scalabilityWhyNone ?? nothing}`]
  const { perLoop, contention, coherency, peakLoops, peakPerSecond, rSquared, error } = scalability
  const most = Math.max(...loops.map((one) => one.loops))
  const beyond = peakLoops !== null && peakLoops > most ? ', beyond what was measured' : ''
  const limit = peakPerSecond === null ? 'no limit in sight' : `never more than ${shortNumber(peakPerSecond)}/s`
  const bend = knee.loops === null ? '' : `, knee at ${knee.loops} loops`
  return [
    `universal scalability law: ${shortNumber(perLoop)}/s of one loop, contention ${shortNumber(contention)}, coherency ${shortNumber(coherency)}; off by ${percent(error)}${rSquared === null ? '' : `, R2 ${rSquared.toFixed(3)}`}`,
    `${peakLoops === null ? limit : `peak of ${shortNumber(peakPerSecond)}/s at ${shortNumber(peakLoops)} loops${beyond}`}${bend}`,
  ]
}

function loopsOf({ loops }: ResultCapacity): SectionTable {
  return {
    head: ['loops', 'ok/s', 'p50 ms', 'p99 ms'],
    rows: loops.map((one) => [
      String(one.loops),
      shortNumber(one.perSecond),
      shortNumber(one.p50),
      shortNumber(one.p99),
    ]),
    numeric: [0, 1, 2, 3],
  }
}
