import type { Result, ResultArm, ResultComparison, ResultLimit } from '../archive/result.ts'
import type { PlacedArm } from '../compare/arms.ts'
import { capacitySections } from './capacity-section.ts'
import { errorsSection } from './errors.ts'
import { faultSections } from './fault-sections.ts'
import { figureSections } from './figures.ts'
import { duration, percent, ratio, shortNumber, signed } from './format.ts'
import { gateSections, isOfGate } from './gate-section.ts'
import { guardLines } from './guard-lines.ts'
import { memorySection } from './memory-section.ts'
import { policySection } from './policy-section.ts'
import { referenceSection } from './reference-section.ts'
import { scenarioSection } from './scenario-section.ts'
import { scheduleSection } from './schedule.ts'
import { armLines, type Section, told } from './section.ts'
import { adjustedSections, toleranceSections } from './tune-section.ts'

/** All that a result says beside its table of arms, most important first. */
export function sectionsOf(result: Result): Section[] {
  const figures = loadSections(result)
  // Who puts load on a URL asks for figures; whoever runs a pipeline, for what is wrong.
  const [early, late] = result.run.kind === 'load' ? [figures, []] : [[], figures]
  return told([
    { title: 'reasons', lines: result.run.reasons },
    ...gateSections(result),
    referenceSection(result),
    memorySection(result),
    scenarioSection(result),
    ...capacitySections(result),
    ...toleranceSections(result),
    ...adjustedSections(result),
    ...early,
    ...judgedSections(result),
    ...faultSections(result),
    policySection(result),
    ...late,
    ...costSections(result),
  ])
}

/** The titles of what `soakrig load` is asked for. */
export function figureTitles(result: Result): string[] {
  return told(loadSections(result)).map(({ title }) => title)
}

function loadSections(result: Result): Section[] {
  return [
    ...figureSections(result),
    errorsSection(result),
    { title: 'counted by the protocol', lines: armLines(result, counterLines) },
    scheduleSection(result),
  ]
}

function judgedSections(result: Result): Section[] {
  const { doubts, plan, config, ceilings, thresholds } = result
  // Under steps, those of a policy stand beside those of clean load.
  const [ofWindows, ofCleanLoad] = [true, false].map((own) =>
    thresholds.filter(({ kind }) => (kind === 'bound') === own),
  )
  return [
    { title: 'effects that did not show', lines: armLines(result, effectLines) },
    { title: 'bounds', lines: [...armLines(result, ({ arm }) => arm.bounds.map(limitLine)), ...limitLines(ofWindows)] },
    { title: 'ceilings', lines: limitLines(ceilings) },
    { title: 'thresholds', lines: limitLines(ofCleanLoad) },
    { title: 'guards', lines: guardLines(result) },
    { title: 'counts that differ from the target', lines: armLines(result, reconciliationLines) },
    { title: 'the target', lines: targetLines(result) },
    {
      title: 'doubts',
      lines: doubts.map(({ kind, detail, effect, taints }) => `${effect}: ${kind}, ${detail}${tainting(taints)}`),
    },
    { title: 'not measured', lines: plan.notMeasured.map(({ what, why }) => `${what}: ${why}`) },
    { title: 'warnings', lines: config.warnings.map(({ where, message }) => `${where}: ${message}`) },
  ]
}

function costSections(result: Result): Section[] {
  return [
    { title: 'cost of measuring', lines: [...pathCost(result), ...armLines(result, overheadLines)] },
    {
      title: 'differences, latency of all operations, ± their spread over slices (decide nothing)',
      lines: differenceLines(result),
    },
  ]
}

/** The run in a few words: what, when, how long, on what. */
export function headline({ run, env, tool }: Result): string {
  const commit = env.gitSha === null ? '' : `, commit ${env.gitSha.slice(0, 12)}${env.gitDirty ? ' with changes' : ''}`
  const what = `${run.kind} ${run.profile} --mode ${run.mode}, seed ${run.seed}, run ${run.id}`
  return `${tool.name} ${tool.version} ${what}, ${run.startedAt}, ${duration(run.durationMs)}${commit}`
}

/** A limit, what was found, and whether it was kept. */
export function limitLine({ ok, expr, actual, limit, unit, window, why }: ResultLimit): string {
  const when = window ? ` at ${duration(window.fromMs)} to ${duration(window.toMs)}` : ''
  const state = ok ? 'ok' : why !== undefined ? 'not judged' : actual === null ? 'unmeasured' : 'broken'
  const found = actual === null ? 'nothing' : unit === undefined ? `${actual}` : `${actual} ${unit}`
  // What the expression does not say.
  const allowed = limit !== null && (unit !== undefined || /baseline|reference/u.test(expr)) ? `, limit ${limit}` : ''
  return `${state}: ${expr}, found ${found}${allowed}${when}${why === undefined ? '' : ` (${why})`}`
}

function limitLines(limits: readonly ResultLimit[] = []): string[] {
  return limits.map((limit) => `${limit.scope}: ${limitLine(limit)}`)
}

function effectLines({ arm: { effects } }: PlacedArm): string[] {
  return effects
    .filter(({ ok }) => !ok)
    .map(({ metric, unit, lo, hi, observed, inconclusive }) => {
      const why = inconclusive === undefined ? '' : ` (${inconclusive})`
      return `${metric} found ${observed ?? 'nothing'}, expected ${lo} to ${hi} ${unit}${why}`
    })
}

function reconciliationLines({ arm: { others, ...target } }: PlacedArm): string[] {
  return [
    ...differenceFrom('the target', target),
    ...Object.entries(others).flatMap(([name, other]) => differenceFrom(`the target ${name}`, other)),
  ]
}

function differenceFrom(
  who: string,
  { reconciliation, server }: Pick<ResultArm, 'reconciliation' | 'server'>,
): string[] {
  const { status, expected, difference, slack, detail } = reconciliation
  if (status === 'unreadable') return [`${who} told no count: ${detail ?? 'no detail'}`]
  if (status !== 'mismatch') return []
  return [`${who} served ${server.requests ?? 'nothing'}, expected ${expected}: ${difference} apart, ${slack} allowed`]
}

function targetLines({ target: { restarts, exit } }: Result): string[] {
  const ended = exit
    ? [
        `${exit.name === undefined ? '' : `${exit.name} `}ended by itself: ${exit.signal ?? `exit code ${exit.code}`}`,
        ...exit.tail.map((line) => `  ${line}`),
      ]
    : []
  return [...(restarts.unplanned > 0 ? [`unplanned ends: ${restarts.unplanned}`] : []), ...ended]
}

function tainting(taints: readonly string[]): string {
  return taints.length > 0 ? ` (taints ${taints.join(', ')})` : ''
}

function counterLines({ arm: { protocolCounters } }: PlacedArm): string[] {
  const counted = Object.entries(protocolCounters).filter(([, count]) => count !== 0)
  return counted.length === 0 ? [] : [counted.map(([name, count]) => `${name} ${shortNumber(count)}`).join(', ')]
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

function overheadLines({ arm: { overheadNsPerOperation, overheadWhyNone } }: PlacedArm): string[] {
  if (overheadWhyNone !== null) return [`overhead not measured: ${overheadWhyNone}`]
  return overheadNsPerOperation === null ? [] : [`overhead ${shortNumber(overheadNsPerOperation)} ns per operation`]
}

function differenceLines({ comparisons }: Result): string[] {
  const shown = comparisons.filter((one) => !isOfGate(one))
  const pairs = Map.groupBy(shown, ({ policy, against }) => `${policy} against ${against}`)
  return [...pairs].map(([pair, metrics]) => `${pair}: ${metrics.map(differenceText).join(', ')}`)
}

function differenceText({ metric, base, value, spread }: ResultComparison): string {
  const factor = base !== null && value !== null && base > 0 ? ratio(value / base) : 'no ratio'
  // The spread is half a range of logarithms.
  return `${metric} ${factor}${spread === null ? '' : ` ±${percent(Math.expm1(spread))}`}`
}
