import type { Problem } from '../../kernel/errors.ts'
import type { ExitName } from '../../kernel/exit-codes.ts'
import { found, isRecord } from '../../kernel/json.ts'
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
export type KnownAnswer = TraceAnswer | MemoryTraceAnswer | SeriesAnswer

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
interface TraceKind<Trace, Answer extends KnownAnswer> {
  readonly problemsOf: (document: unknown) => readonly Problem[]
  readonly decide: (trace: Trace) => Answer
  readonly exitOf: (answer: Answer) => ExitName
}

function kindOf<Trace, Answer extends KnownAnswer>({ problemsOf, decide, exitOf }: TraceKind<Trace, Answer>) {
  return (document: unknown): Analyzed | Pick<Unanalyzed, 'problems'> => {
    const problems = problemsOf(document)
    if (problems.length > 0) return { problems }
    const answer = decide(document as Trace)
    return { answer, exit: exitOf(answer) }
  }
}

/** What can be analysed, by its schema. */
const kinds = {
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
} as const

/** Decides a document again from nothing but itself; the same document always has the same answer. */
export function analyzeDocument(document: unknown): Analyzed | Unanalyzed {
  const schema = isRecord(document) ? document['schema'] : undefined
  const kind = Object.entries(kinds).find(([name]) => name === schema)?.[1]
  const analysis = kind === undefined ? { problems: [unknownKind(document, schema)] } : kind(document)
  return 'problems' in analysis ? { id: idOf(document), problems: analysis.problems } : analysis
}

function unknownKind(document: unknown, schema: unknown): Problem {
  if (!isRecord(document)) return { where: '', message: `found ${found(document)}, allowed: an object with a schema` }
  const allowed = Object.keys(kinds).map((name) => JSON.stringify(name))
  return { where: '/schema', message: `found ${found(schema)}, allowed: ${allowed.join(', ')}` }
}

function idOf(document: unknown): string | null {
  return isRecord(document) && typeof document['id'] === 'string' ? document['id'] : null
}

function verdictExit(verdict: TraceAnswer['verdict'], fail: ExitName): ExitName {
  return verdict === 'fail' ? fail : verdict === 'void' ? 'void' : 'pass'
}

/** The same answer, these keys of it first: a line may be long. */
function inOrder<Answer extends object>(answer: Answer, ...first: readonly (keyof Answer & string)[]): Answer {
  const known = first.filter((key) => Object.hasOwn(answer, key)).map((key) => [key, answer[key]])
  // A key that comes again keeps its place.
  return { ...(Object.fromEntries(known) as Partial<Answer>), ...answer }
}

function orderedTrace(trace: PairedTrace): TraceAnswer {
  const answer = decideTrace(trace)
  const comparisons = answer.comparisons.map((comparison) =>
    inOrder(comparison, 'policy', 'metric', 'verdict', 'estimate', 'interval', 'p', 'mde'),
  )
  return inOrder({ ...answer, comparisons }, 'id', 'verdict', 'comparisons', 'doubts')
}

function orderedMemory(trace: MemoryTrace): MemoryTraceAnswer {
  const answer = decideMemoryTrace(trace)
  return inOrder(answer, 'id', 'verdict', 'slopeKbPerMin', 'slopePerMin', 'interval', 'cutSeconds', 'doubts')
}
