import { SoakrigError } from '../kernel/errors.ts'
import { armsOf, type PlacedArm } from './arms.ts'
import type { Both, ComparedResult, ComparedRun, Comparison } from './comparison.ts'
import { refuseDifferent } from './refuse.ts'
import { armRows, fragilityRows, runRows } from './rows.ts'

/**
 * Sets two results side by side. One run of each decides nothing: the verdict is `same` for one and the same file, else
 * `inconclusive`. Throws `different-profiles` or `nothing-in-common` (112).
 */
export function compareResults(base: ComparedResult, next: ComparedResult): Comparison {
  refuseDifferent(base.result, next.result)
  const results = { base, next }
  const sameHost = base.result.env.hostFingerprint === next.result.env.hostFingerprint
  const all = { base: armsOf(base.result), next: armsOf(next.result) }
  const shared = sharedArms(all)
  if (shared.length === 0)
    throw new SoakrigError('the two results have no arm in common, so there is nothing to compare', {
      code: 'nothing-in-common',
      exit: 'nothingToCompare',
      hint: 'Compare runs of the same stages: a baseline with a baseline, a soak with a soak.',
    })
  return {
    schema: 'soakrig/comparison@0',
    profile: base.result.run.profile,
    mode: base.result.run.mode,
    base: runOf(base),
    next: runOf(next),
    sameHost,
    ...verdictOf(results),
    exitCode: 0,
    rows: [...runRows(results, sameHost), ...shared.flatMap((arms) => armRows(results, arms, sameHost))],
    fragility: shared.flatMap((arms) => fragilityRows(results, arms, all)),
    notCompared: [...notCompared(all), ...shared.flatMap(latencyOfOne)],
    notes: notesOf(results, sameHost),
  }
}

function verdictOf({ base, next }: Both<ComparedResult>): Pick<Comparison, 'verdict' | 'why'> {
  return base.sha256 === next.sha256
    ? { verdict: 'same', why: 'both are the same file' }
    : { verdict: 'inconclusive', why: 'one run of each cannot tell a difference from chance' }
}

function runOf({ result, sha256, file }: ComparedResult): ComparedRun {
  const { run, env } = result
  return {
    id: run.id,
    file: file ?? null,
    sha256,
    startedAt: run.startedAt,
    verdict: run.verdict,
    gitSha: env.gitSha,
    hostFingerprint: env.hostFingerprint,
  }
}

function sharedArms({ base, next }: Both<ReadonlyMap<string, PlacedArm>>): Both<PlacedArm>[] {
  return [...base.values()].flatMap((arm) => {
    const other = next.get(arm.id)
    return other ? [{ base: arm, next: other }] : []
  })
}

function notCompared({ base, next }: Both<ReadonlyMap<string, PlacedArm>>): Comparison['notCompared'] {
  const only = (a: ReadonlyMap<string, PlacedArm>, b: ReadonlyMap<string, PlacedArm>, why: string) =>
    [...a.keys()].filter((id) => !b.has(id)).map((what) => ({ what, why }))
  return [...only(base, next, 'only in the base'), ...only(next, base, 'only in the new run')]
}

/** Latency from the intended start that one of the results has not; service time is compared instead. */
function latencyOfOne({ base, next }: Both<PlacedArm>): Comparison['notCompared'] {
  const [inBase, inNext] = [base, next].map(({ arm }) => arm.correctedLatencyMs !== null)
  if (inBase === inNext) return []
  return [{ what: `${base.id} corrected latency`, why: inBase ? 'only in the base' : 'only in the new run' }]
}

function notesOf({ base, next }: Both<ComparedResult>, sameHost: boolean): string[] {
  return [
    ...runNotes('the base', base),
    ...runNotes('the new run', next),
    ...(sameHost ? [] : ['measured on different hosts: only ratios within a run are compared']),
  ]
}

function runNotes(name: string, { result: { run, sabotage } }: ComparedResult): string[] {
  return [
    ...(run.status === 'aborted' ? [`${name} was ended early by ${run.abortedBy ?? 'something unknown'}`] : []),
    ...(run.verdict === 'pass'
      ? []
      : [`${name} is no pass but ${run.verdict}: ${run.reasons[0] ?? 'no reason given'}`]),
    ...(sabotage === null ? [] : [`${name} was sabotaged: ${sabotage}`]),
  ]
}
