import { exitCodes } from '../../kernel/exit-codes.ts'
import type { Doubt } from '../../measure/doubts.ts'
import type { Reason } from '../answer.ts'
import type { CalibratedSlopes } from './bound.ts'
import { usualBudgets, usualServiceHours } from './budget.ts'
import { isShort } from './course.ts'
import { decideSeen, type MemoryAnswer } from './decide.ts'
import {
  followLows,
  leastLiveSeconds,
  type LiveKind,
  liveKinds,
  type LowSeries,
  type MemoryWindow,
  seenLows,
} from './lows.ts'

/** What a live run is held to. */
export interface LiveTerms {
  readonly calibration: CalibratedSlopes | null
  /** Whether the growth of memory has a ceiling: then it must be readable. */
  readonly memoryCeiling: boolean
  /** Whether the target is overloaded on purpose, so that it has no level to come to. */
  readonly overloaded: boolean
}

/** Whether a target leaks, of one kind of what it holds. */
export interface KindVerdict extends MemoryAnswer {
  readonly kind: LiveKind
  readonly budget: number
}

/** Whether a target leaked in the sustained load of a long run. */
export interface MemoryVerdict {
  /** Why nothing was judged; null where it was. */
  readonly whyNot: string | null
  /** What was looked at: since the target was started, or started again; from the start of the run. Null where nothing was. */
  readonly fromMs: number | null
  readonly toMs: number | null
  readonly requests: number
  readonly restarts: number
  readonly serviceHours: number
  /** The name of the calibration; null: the standard bounds. */
  readonly calibration: string | null
  readonly kinds: readonly KindVerdict[]
}

/** Judges what was kept of the windows of a long run's stress stage, null for none. */
export function judgeMemory(series: LowSeries | null, terms: LiveTerms): MemoryVerdict {
  const verdict = {
    whyNot: whyNot(series, terms),
    fromMs: series?.fromMs ?? null,
    toMs: series?.toMs ?? null,
    requests: series?.requests ?? 0,
    restarts: series?.restarts ?? 0,
    serviceHours: usualServiceHours,
    calibration: terms.calibration?.name ?? null,
  }
  if (series === null || verdict.whyNot !== null) return { ...verdict, kinds: [] }
  const kinds = liveKinds.map((kind): KindVerdict => {
    const budget = usualBudgets[kind]
    const held = { calibration: terms.calibration, ceiling: null, budget, serviceHours: usualServiceHours }
    return { kind, budget, ...decideSeen(seenLows(series, kind), held) }
  })
  return { ...verdict, kinds }
}

/** The same of the lines of a windows file, or of some of its phases; it is the last phase that is judged. */
export function memoryOfWindows(lines: Iterable<MemoryWindow>, terms: LiveTerms): MemoryVerdict {
  const watch = followLows()
  for (const line of lines) watch.add(line)
  return judgeMemory(watch.read(), terms)
}

function whyNot(series: LowSeries | null, { memoryCeiling, overloaded }: LiveTerms): string | null {
  if (series === null) return 'there was no sustained load'
  if (overloaded) return 'the scenario overloads the target on purpose'
  const seconds = (series.toMs - series.phaseFromMs) / 1000
  if (isShort(seconds, leastLiveSeconds))
    return `the sustained load took ${Math.round(seconds)} s of at least ${leastLiveSeconds} s`
  const unread = liveKinds.every((kind) => series.peaks[kind] === null)
  return unread && !memoryCeiling ? 'nothing can be read of the target, and its memory has no ceiling' : null
}

const names: Readonly<Record<LiveKind, string>> = { rss: 'memory (RSS)', fds: 'open files', threads: 'threads' }

/** What an amount is counted in. */
export const liveUnits: Readonly<Record<LiveKind, string>> = { rss: 'KiB', fds: 'files', threads: 'threads' }

/** What is told of a leak; a result has it too. */
interface KindAnswer extends Pick<KindVerdict, 'kind' | 'verdict' | 'bound'> {
  readonly trend: Pick<NonNullable<KindVerdict['trend']>, 'slope' | 'perRequest'> | null
}

/** That the target leaks. */
export function memoryReasons({ kinds }: { readonly kinds: readonly KindAnswer[] }): readonly Reason[] {
  return kinds
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ kind, trend, bound }) => ({
      code: exitCodes.drift,
      text: `leak of ${names[kind]}: ${trend?.slope} ${liveUnits[kind]} more per minute${perRequest(kind, trend?.perRequest)}, allowed: ${bound}`,
    }))
}

function perRequest(kind: LiveKind, slope: number | null | undefined): string {
  return kind === 'rss' && slope ? `, ${Math.round(slope * 1024)} B per request` : ''
}

/** What there is to distrust in what was judged; that there is no calibration is said once. */
export function memoryDoubts({ kinds }: MemoryVerdict): readonly Doubt[] {
  const all = kinds.flatMap(({ kind, doubts }) =>
    doubts.map((one) => ({ ...one, detail: `${names[kind]}: ${one.detail}` })),
  )
  const [first, ...others] = all.filter(({ kind }) => kind === 'uncalibrated')
  const uncalibrated = first && {
    ...first,
    detail: 'what memory, files and threads may grow by is not calibrated: the standard bounds hold',
    taints: [...first.taints, ...others.flatMap(({ taints }) => taints)],
  }
  return [...all.filter(({ kind }) => kind !== 'uncalibrated'), ...(uncalibrated ? [uncalibrated] : [])]
}
