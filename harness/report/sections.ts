import type { Result, ResultArm, ResultComparison, ResultLimit } from '../archive/result.ts'
import { isShown } from './arm-rows.ts'
import { duration, percent, ratio, shortNumber } from './format.ts'

/** A titled list of lines; one without lines is not shown. */
export interface Section {
  readonly title: string
  readonly lines: readonly string[]
}

/** All that a result says beside its table of arms, most important first. */
export function sectionsOf(result: Result): Section[] {
  const { run, doubts, plan, config, ceilings, thresholds } = result
  return [
    { title: 'reasons', lines: run.reasons },
    { title: 'effects that did not show', lines: armLines(result, effectLines) },
    { title: 'bounds', lines: armLines(result, ({ bounds }) => bounds.map(limitLine)) },
    { title: 'ceilings', lines: ceilings.map((limit) => `${limit.scope}: ${limitLine(limit)}`) },
    { title: 'thresholds', lines: thresholds.map((limit) => `${limit.scope}: ${limitLine(limit)}`) },
    { title: 'counts that differ from the target', lines: armLines(result, reconciliationLines) },
    { title: 'the target', lines: targetLines(result) },
    {
      title: 'doubts',
      lines: doubts.map(({ kind, detail, effect, taints }) => `${effect}: ${kind}, ${detail}${tainting(taints)}`),
    },
    { title: 'not measured', lines: plan.notMeasured.map(({ what, why }) => `${what}: ${why}`) },
    { title: 'warnings', lines: config.warnings.map(({ where, message }) => `${where}: ${message}`) },
    { title: 'figures', lines: figureLines(result) },
    { title: 'cost of measuring', lines: [...pathCost(result), ...armLines(result, overheadLines)] },
    {
      title: 'differences, ± their spread over slices (decide nothing yet)',
      lines: differenceLines(result),
    },
  ].filter(({ lines }) => lines.length > 0)
}

/** The run in a few words: what, when, how long, on what. */
export function headline({ run, env, tool }: Result): string {
  const commit = env.gitSha === null ? '' : `, commit ${env.gitSha.slice(0, 12)}${env.gitDirty ? ' with changes' : ''}`
  const what = `${run.kind} ${run.profile} --mode ${run.mode}, seed ${run.seed}, run ${run.id}`
  return `${tool.name} ${tool.version} ${what}, ${run.startedAt}, ${duration(run.durationMs)}${commit}`
}

/** A limit, what was found, and whether it was kept. */
export function limitLine({ ok, expr, actual, window }: ResultLimit): string {
  const when = window ? ` at ${duration(window.fromMs)} to ${duration(window.toMs)}` : ''
  return `${ok ? 'ok' : actual === null ? 'unmeasured' : 'broken'}: ${expr}, found ${actual ?? 'nothing'}${when}`
}

function armLines({ phases }: Result, linesOf: (arm: ResultArm) => readonly string[]): string[] {
  return phases
    .filter(isShown)
    .flatMap(({ id, arms }) =>
      arms.flatMap((arm) => linesOf(arm).map((line) => `${id}/${arm.arm}-${arm.path}: ${line}`)),
    )
}

function effectLines({ effects }: ResultArm): string[] {
  return effects
    .filter(({ ok }) => !ok)
    .map(({ metric, unit, lo, hi, observed, inconclusive }) => {
      const why = inconclusive === undefined ? '' : ` (${inconclusive})`
      return `${metric} found ${observed ?? 'nothing'}, expected ${lo} to ${hi} ${unit}${why}`
    })
}

function reconciliationLines({ reconciliation, server }: ResultArm): string[] {
  const { status, expected, difference, slack, detail } = reconciliation
  if (status === 'unreadable') return [`unreadable: ${detail ?? 'no detail'}`]
  if (status !== 'mismatch') return []
  return [
    `the target served ${server.requests ?? 'nothing'}, expected ${expected}: ${difference} apart, ${slack} allowed`,
  ]
}

function targetLines({ target: { restarts, exit } }: Result): string[] {
  const ended = exit
    ? [`ended by itself: ${exit.signal ?? `exit code ${exit.code}`}`, ...exit.tail.map((line) => `  ${line}`)]
    : []
  return [...(restarts.unplanned > 0 ? [`unplanned ends: ${restarts.unplanned}`] : []), ...ended]
}

function tainting(taints: readonly string[]): string {
  return taints.length > 0 ? ` (taints ${taints.join(', ')})` : ''
}

function figureLines({ metrics }: Result): string[] {
  const { source, requestsPerSecond, latencyMs, errorRate, rssDeltaKb, fdDelta, cpuUsPerRequest } = metrics
  if (source === null) return []
  const { p50, p90, p99, max } = latencyMs
  return [
    `${source}: ${shortNumber(requestsPerSecond)} ok/s, errors ${percent(errorRate)}`,
    `latency in ms: p50 ${shortNumber(p50)}, p90 ${shortNumber(p90)}, p99 ${shortNumber(p99)}, max ${shortNumber(max)}`,
    `target: ${shortNumber(cpuUsPerRequest)} µs of CPU per request, memory ${signed(rssDeltaKb)} KiB, files ${signed(fdDelta)}`,
  ]
}

function signed(value: number | null): string {
  return value !== null && value > 0 ? `+${shortNumber(value)}` : shortNumber(value)
}

/** What the way through the relay costs: its baseline against the direct one. */
function pathCost({ phases }: Result): string[] {
  const baselines = phases.filter(({ kind }) => kind === 'baseline').flatMap(({ arms }) => arms)
  const find = (path: ResultArm['path']) => baselines.find((arm) => arm.arm === 'baseline' && arm.path === path)
  const [direct, relay] = [find('direct'), find('relay')]
  const [slow, fast] = [relay?.operations.perSecond ?? null, direct?.operations.perSecond ?? null]
  if (slow === null || fast === null || fast === 0) return []
  const [to, from] = [relay?.latencyMs.p50 ?? null, direct?.latencyMs.p50 ?? null]
  const added = to === null || from === null ? '' : `, p50 ${signed(to - from)} ms`
  return [`fault path: relay against direct ${ratio(slow / fast)} ok/s${added}`]
}

function overheadLines({ overheadNsPerOperation }: ResultArm): string[] {
  return overheadNsPerOperation === null ? [] : [`overhead ${shortNumber(overheadNsPerOperation)} ns per operation`]
}

function differenceLines({ comparisons }: Result): string[] {
  const pairs = Map.groupBy(comparisons, ({ policy, against }) => `${policy} against ${against}`)
  return [...pairs].map(([pair, metrics]) => `${pair}: ${metrics.map(differenceText).join(', ')}`)
}

function differenceText({ metric, base, value, spread }: ResultComparison): string {
  const factor = base !== null && value !== null && base > 0 ? ratio(value / base) : 'no ratio'
  // The spread is half a range of logarithms.
  return `${metric} ${factor}${spread === null ? '' : ` ±${percent(Math.expm1(spread))}`}`
}
