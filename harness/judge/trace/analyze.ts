import type { Problem } from '../../kernel/errors.ts'
import type { ExitName } from '../../kernel/exit-codes.ts'
import { found, isRecord } from '../../kernel/json.ts'
import type { Doubt } from '../../measure/doubts.ts'
import type { Answer } from '../answer.ts'
import type { PairedComparison } from '../paired/compare-arms.ts'
import {
  decideMemoryTrace,
  type MemoryTrace,
  type MemoryTraceAnswer,
  memoryTraceId,
  memoryTraceProblems,
} from './memory-trace.ts'
import { decideTrace, type PairedTrace, pairedTraceId, pairedTraceProblems, type TraceAnswer } from './paired-trace.ts'
import { decideSeries, type SeriesAnswer, seriesId, seriesProblems } from './series.ts'

/** The answer of one of the kinds. */
export type KnownAnswer = TraceAnswer | MemoryTraceAnswer | SeriesAnswer | ResultAnswer

/** What an archived result comes to when it is judged once more from its own figures. */
export interface ResultAnswer extends Answer {
  readonly id: string
  /** Whether all that could be judged once more came to what the file says. */
  readonly reproduced: boolean
  readonly differences: readonly ResultDifference[]
  /** Those of the gate. */
  readonly comparisons: readonly PairedComparison[]
  readonly doubts: readonly Doubt[]
  /** How much was judged once more. */
  readonly judged: Readonly<Record<'comparisons' | 'references' | 'limits' | 'effects' | 'doubts', number>>
  /** What was believed as it stands, since the file does not hold what it was made from; in words. */
  readonly believed: readonly string[]
}

/** Something that an archived result says otherwise than its own figures. */
export interface ResultDifference {
  /** JSON pointer into the result. */
  readonly where: string
  /** Null for nothing. */
  readonly recorded: unknown
  readonly found: unknown
}

/** What a document came to. */
export interface Analyzed {
  readonly answer: KnownAnswer
  /** What the answer would end a command with. */
  readonly exit: ExitName
}

/** Everything that keeps a document from having an answer. */
export interface Unanalyzed {
  /** Of the document, where it has one. */
  readonly id: string | null
  readonly problems: readonly Problem[]
}

/** One kind of document. */
interface TraceKind<Trace, Known extends KnownAnswer> {
  readonly problemsOf: (document: unknown) => readonly Problem[]
  readonly decide: (trace: Trace) => Known
  readonly exitOf: (answer: Known) => ExitName
}

/** Analyses the documents of one schema. */
export type Analyzer = (document: unknown) => Analyzed | Pick<Unanalyzed, 'problems'>

/** The analyzer of a kind: decides what has no problems. */
export function kindOf<Trace, Known extends KnownAnswer>({
  problemsOf,
  decide,
  exitOf,
}: TraceKind<Trace, Known>): Analyzer {
  return (document) => {
    const problems = problemsOf(document)
    if (problems.length > 0) return { problems }
    const answer = decide(document as Trace)
    return { answer, exit: exitOf(answer) }
  }
}

/** What can be analysed, by its schema. */
const traceKinds: Readonly<Record<string, Analyzer>> = {
  [pairedTraceId]: kindOf({
    problemsOf: pairedTraceProblems,
    decide: orderedTrace,
    exitOf: ({ verdict }) => verdictExit(verdict, 'regression'),
  }),
  [memoryTraceId]: kindOf({
    problemsOf: memoryTraceProblems,
    decide: orderedMemory,
    exitOf: ({ verdict }) => verdictExit(verdict, 'drift'),
  }),
  [seriesId]: kindOf({ problemsOf: seriesProblems, decide: decideSeries, exitOf: () => 'pass' }),
}

/**
 * Decides a document again from nothing but itself; the same document always has the same answer. `more` are kinds besides
 * traces, by their schemas.
 */
export function analyzeDocument(
  document: unknown,
  more: Readonly<Record<string, Analyzer>> = {},
): Analyzed | Unanalyzed {
  const schema = isRecord(document) ? document['schema'] : undefined
  const kinds = Object.entries({ ...traceKinds, ...more })
  const kind = kinds.find(([name]) => name === schema)?.[1]
  const names = kinds.map(([name]) => name)
  const analysis = kind === undefined ? { problems: [unknownKind(document, schema, names)] } : kind(document)
  return 'problems' in analysis ? { id: idOf(document), problems: analysis.problems } : analysis
}

function unknownKind(document: unknown, schema: unknown, kinds: readonly string[]): Problem {
  if (!isRecord(document)) return { where: '', message: `found ${found(document)}, allowed: an object with a schema` }
  const allowed = kinds.map((name) => JSON.stringify(name))
  return { where: '/schema', message: `found ${found(schema)}, allowed: ${allowed.join(', ')}` }
}

/** Of a result it is that of its run. */
function idOf(document: unknown): string | null {
  if (!isRecord(document)) return null
  const { id = isRecord(document['run']) ? document['run']['id'] : null } = document
  return typeof id === 'string' ? id : null
}

function verdictExit(verdict: TraceAnswer['verdict'], fail: ExitName): ExitName {
  return verdict === 'fail' ? fail : verdict === 'void' ? 'void' : 'pass'
}

/** The same answer, these keys of it first: a line may be long. */
export function inOrder<Known extends object>(answer: Known, ...first: readonly (keyof Known & string)[]): Known {
  const known = first.filter((key) => Object.hasOwn(answer, key)).map((key) => [key, answer[key]])
  // A key that comes again keeps its place.
  return { ...(Object.fromEntries(known) as Partial<Known>), ...answer }
}

/** A comparison, what matters most first. */
export function orderedComparison(comparison: PairedComparison): PairedComparison {
  return inOrder(comparison, 'policy', 'metric', 'verdict', 'estimate', 'interval', 'p', 'mde')
}

function orderedTrace(trace: PairedTrace): TraceAnswer {
  const answer = decideTrace(trace)
  const comparisons = answer.comparisons.map(orderedComparison)
  return inOrder({ ...answer, comparisons }, 'id', 'verdict', 'comparisons', 'doubts')
}

function orderedMemory(trace: MemoryTrace): MemoryTraceAnswer {
  const answer = decideMemoryTrace(trace)
  return inOrder(answer, 'id', 'verdict', 'slopeKbPerMin', 'slopePerMin', 'interval', 'cutSeconds', 'doubts')
}
