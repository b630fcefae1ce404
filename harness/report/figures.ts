import type { Result, ResultArm } from '../archive/result.ts'
import type { PlacedArm } from '../compare/arms.ts'
import { bytes, duration, percent, printable, shortNumber, signed } from './format.ts'
import { latencyHead, latencyRows, partRows } from './latency-rows.ts'
import { scheduleTexts } from './schedule.ts'
import { type Section, sourceArm } from './section.ts'

const percentiles = ['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const
const mostRequests = 20

/** All figures of the arm that stands for the run, as a load generator shows them. */
export function figureSections(result: Result): Section[] {
  const place = sourceArm(result)
  if (!place) return []
  const rows = [...latencyRows(place.arm, percentiles), ...partRows(place.arm, percentiles)]
  return [
    { title: 'figures', lines: figureLines(result, place) },
    {
      title: 'latency in ms',
      lines: [],
      table: {
        head: [place.id, ...latencyHead(percentiles)],
        rows,
        numeric: percentiles.map((_, index) => index + 1),
      },
    },
    requestsSection(place.arm),
  ]
}

function figureLines({ metrics }: Result, place: PlacedArm): string[] {
  const { arm, id } = place
  const { count, failed, degraded, cutOff, perSecond } = arm.operations
  const operations = [
    `${shortNumber(perSecond)} ok/s`,
    `errors ${percent(metrics.errorRate)}`,
    `${shortNumber(count)} operations in ${duration(arm.measuredMs)}`,
    ...some(failed, 'failed'),
    ...some(degraded, 'degraded'),
    ...some(cutOff, 'cut off'),
  ]
  const schedule = scheduleTexts(place)
  return [
    `${id}: ${operations.join(', ')}`,
    ...(schedule.length > 0 ? [`iterations by schedule: ${schedule.join(', ')}`] : []),
    ...iterationLine(place),
    ...wireLine(place),
    ...targetLine(metrics),
  ]
}

function some(count: number, what: string): string[] {
  return count > 0 ? [`${shortNumber(count)} ${what}`] : []
}

/** Whether rates over all slices mean something: not where some serve throughput and others latency. */
function isOfOneKind({ slices }: PlacedArm): boolean {
  return new Set(slices.map(({ use }) => use)).size <= 1
}

/** Iterations where they are not the operations: those of scenarios and scripts. */
function iterationLine(place: PlacedArm): string[] {
  const { iterations, operations, measuredMs } = place.arm
  if (iterations === null) return []
  const { ok, failed, interrupted } = iterations
  if (ok === operations.ok && failed === operations.failed && interrupted === operations.cutOff) return []
  const rate = isOfOneKind(place) && measuredMs > 0 ? [`${shortNumber((1000 * ok) / measuredMs)} ok/s`] : []
  const counts = [...rate, `${shortNumber(ok)} ok`, ...some(failed, 'failed'), ...some(interrupted, 'interrupted')]
  return [`iterations: ${counts.join(', ')}`]
}

function wireLine(place: PlacedArm): string[] {
  const { bytesSent, bytesReceived, connects, staleReconnects } = place.arm.wire
  const shown = [
    ...(bytesReceived + bytesSent > 0 ? volumes(place) : []),
    ...some(connects, connects === 1 ? 'connection made' : 'connections made'),
    ...some(staleReconnects, 'requests sent again on a new one'),
  ]
  return shown.length > 0 ? [`wire: ${shown.join(', ')}`] : []
}

function volumes(place: PlacedArm): string[] {
  const { wire, all, attempts, measuredMs } = place.arm
  const { bytesSent, bytesReceived } = wire
  if (!isOfOneKind(place) || measuredMs === 0) return [`${bytes(bytesReceived)} in`, `${bytes(bytesSent)} out`]
  // Bytes are counted over everything: the measured attempts have their share of them.
  const share = all.attempts.count === 0 ? 1 : attempts.count / all.attempts.count
  const perSecond = (count: number): string => bytes((1000 * share * count) / measuredMs)
  return [`${perSecond(bytesReceived)}/s in`, `${perSecond(bytesSent)}/s out`]
}

function targetLine({ cpuUsPerRequest, rssDeltaKb, fdDelta }: Result['metrics']): string[] {
  const shown = [
    ...(cpuUsPerRequest === null ? [] : [`${shortNumber(cpuUsPerRequest)} µs of CPU per request`]),
    ...(rssDeltaKb === null ? [] : [`memory ${signed(rssDeltaKb)} KiB`]),
    ...(fdDelta === null ? [] : [`files ${signed(fdDelta)}`]),
  ]
  return shown.length > 0 ? [`target: ${shown.join(', ')}`] : []
}

/** Of a single request the arm's figures are all there is. */
function requestsSection({ requests }: ResultArm): Section {
  const shown = requests.length > 1 ? requests.slice(0, mostRequests) : []
  const rest = requests.length - mostRequests
  return {
    title: 'requests, latency from send (service time)',
    lines: rest > 0 ? [`the first ${mostRequests}; ${rest} more in the result file`] : [],
    table: {
      head: ['request', 'ok', 'failed', 'p50 ms', 'p99 ms'],
      rows: shown.map(({ name, ok, failed, latencyMs: { p50, p99 } }) => [
        printable(name),
        ...[ok, failed, p50, p99].map(shortNumber),
      ]),
      numeric: [1, 2, 3, 4],
    },
  }
}
