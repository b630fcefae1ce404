import { exitCodes } from '../../kernel/exit-codes.ts'
import type { Doubt } from '../../measure/doubts.ts'
import type { Reason } from '../answer.ts'
import type { CalibratedSlopes } from './bound.ts'
import { usualBudgets, usualServiceHours } from './budget.ts'
import { isShort, type SeenMemory } from './course.ts'
import { decideSeen, type MemoryAnswer } from './decide.ts'
import { leastHeapSeconds, seenHeap } from './heaps.ts'
import type { MemoryKind } from './series.ts'
import { followLows, leastLiveSeconds, liveKinds, type LowSeries, type MemoryWindow, seenLows } from './lows.ts'

/** What a live run is held to. */
export interface LiveTerms {
  readonly calibration: CalibratedSlopes | null
  /** Whether the growth of memory has a ceiling: then it must be readable. */
  readonly memoryCeiling: boolean
  /** Whether the profile asks for the heap, so that it must be readable, and why it could not be asked for; null: nobody looked. */
  readonly heap: { readonly asked: boolean; readonly missing: string | null } | null
  /** Whether the target is overloaded on purpose, so that it has no level to come to. */
  readonly overloaded: boolean
}

/** Whether a target leaks, of one kind of what it holds. */
export interface KindVerdict extends MemoryAnswer {
  readonly kind: MemoryKind
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
  /** Null where nobody looked, or nothing was judged. */
  readonly heap: HeapVerdict | null
  readonly kinds: readonly KindVerdict[]
}

/** What the heap says besides its own slope. */
export interface HeapVerdict {
  /** Why it was not judged; null where it was. */
  readonly missing: string | null
  /** What it is that grows, where memory does and the heap was judged; null where that is not known. */
  readonly growth: Growth | null
}

/** What the program holds on to itself, or what lies beside its heap: native memory, or an allocator's fragments. */
export type Growth = 'heap' | 'outside'

/** Judges what was kept of the windows of a long run's stress stage, null for none. */
export function judgeMemory(series: LowSeries | null, terms: LiveTerms): MemoryVerdict {
  const why = whyNot(series, terms)
  const known = { serviceHours: usualServiceHours, calibration: terms.calibration?.name ?? null }
  if (series === null)
    return { whyNot: why, fromMs: null, toMs: null, requests: 0, restarts: 0, ...known, heap: null, kinds: [] }
  const { fromMs, toMs, requests, restarts } = series
  const verdict = { whyNot: why, fromMs, toMs, requests, restarts, ...known }
  if (why !== null) return { ...verdict, heap: null, kinds: [] }
  const seen = seenIn(series, terms)
  const kinds = seen.map((one): KindVerdict => {
    const budget = usualBudgets[one.kind]
    const held = { calibration: terms.calibration, ceiling: null, budget, serviceHours: usualServiceHours }
    return { kind: one.kind, budget, ...decideSeen(one, held) }
  })
  return { ...verdict, heap: heapVerdict(terms.heap, kinds), kinds }
}

/** What there is to judge. */
function seenIn(series: LowSeries, { heap, memoryCeiling }: LiveTerms): readonly SeenMemory[] {
  const { heaps, fromMs, toMs } = series
  const others = isLongFor(series, leastLiveSeconds) && (memoryCeiling || !isUnread(series))
  return [
    ...(others ? liveKinds.map((kind) => seenLows(series, kind)) : []),
    ...(heap !== null && (heap.asked || heaps.length > 0) ? [seenHeap(heaps, fromMs, toMs)] : []),
  ]
}

function heapVerdict(terms: LiveTerms['heap'], kinds: readonly KindVerdict[]): HeapVerdict | null {
  if (terms === null) return null
  const isJudged = kinds.some(({ kind }) => kind === 'heap')
  return { missing: isJudged ? null : (terms.missing ?? 'it was not read'), growth: growthOf(kinds) }
}

function growthOf(kinds: readonly KindVerdict[]): Growth | null {
  const verdictOf = (wanted: MemoryKind): string | undefined => kinds.find(({ kind }) => kind === wanted)?.verdict
  if (verdictOf('heap') === 'fail') return 'heap'
  return verdictOf('rss') === 'fail' && verdictOf('heap') === 'pass' ? 'outside' : null
}

function isLongFor({ toMs, phaseFromMs }: LowSeries, seconds: number): boolean {
  return !isShort((toMs - phaseFromMs) / 1000, seconds)
}

/** The same of the lines of a windows file, or of some of its phases; it is the last phase that is judged. */
export function memoryOfWindows(lines: Iterable<MemoryWindow>, terms: LiveTerms): MemoryVerdict {
  const watch = followLows()
  for (const line of lines) watch.add(line)
  return judgeMemory(watch.read(), terms)
}

function whyNot(series: LowSeries | null, { memoryCeiling, heap, overloaded }: LiveTerms): string | null {
  if (series === null) return 'there was no sustained load'
  if (overloaded) return 'the scenario overloads the target on purpose'
  const hasHeap = heap !== null && series.heaps.length > 0
  if (!isLongFor(series, hasHeap ? leastHeapSeconds : leastLiveSeconds))
    return `the sustained load took ${Math.round((series.toMs - series.phaseFromMs) / 1000)} s of at least ${leastLiveSeconds} s`
  return !hasHeap && isUnread(series) && !memoryCeiling
    ? 'nothing can be read of the target, and its memory has no ceiling'
    : null
}

function isUnread({ peaks }: LowSeries): boolean {
  return liveKinds.every((kind) => peaks[kind] === null)
}

const names: Readonly<Record<MemoryKind, string>> = {
  rss: 'memory (RSS)',
  heap: 'the heap',
  fds: 'open files',
  threads: 'threads',
}

/** What an amount is counted in. */
export const liveUnits: Readonly<Record<MemoryKind, string>> = {
  rss: 'KiB',
  heap: 'KiB',
  fds: 'files',
  threads: 'threads',
}

/** What is told of a leak; a result has it too. */
interface KindAnswer extends Pick<KindVerdict, 'kind' | 'verdict' | 'bound'> {
  readonly trend: Pick<NonNullable<KindVerdict['trend']>, 'slope' | 'perRequest'> | null
}

/** That the target leaks. */
export function memoryReasons({
  kinds,
  heap,
}: {
  readonly kinds: readonly KindAnswer[]
  readonly heap: HeapVerdict | null
}): readonly Reason[] {
  return kinds
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ kind, trend, bound }) => ({
      code: exitCodes.drift,
      text: `leak of ${names[kind]}: ${trend?.slope} ${liveUnits[kind]} more per minute${perRequest(kind, trend?.perRequest)}, allowed: ${bound}${kind === 'rss' && heap?.growth === 'outside' ? outside : ''}`,
    }))
}

const outside = '; the heap does not grow: native memory, or an allocator that does not give back'

function perRequest(kind: MemoryKind, slope: number | null | undefined): string {
  return (kind === 'rss' || kind === 'heap') && slope ? `, ${Math.round(slope * 1024)} B per request` : ''
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
