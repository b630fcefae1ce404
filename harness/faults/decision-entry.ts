import { isRecord } from '../kernel/json.ts'

/** What the first line of a log says of it. */
export const decisionSchema = 'soakrig/decisions@1'

/** The first line. */
export interface DecisionHeader {
  readonly schema: typeof decisionSchema
  /** Of soakrig. */
  readonly version: string
  readonly seed: number
}

/** A line between the first and the last. */
export interface DecisionEntry {
  readonly arm: string
  readonly slice: number
  readonly connection: number
  readonly site: string
  /** Which of the decisions of this site on this connection; the first is 0. */
  readonly n: number
  readonly kind: string
  readonly value: number
}

/** The last line. A log without it was cut off. */
export interface DecisionFooter {
  readonly decisions: number
  /** Decisions that were made but are not in the log. */
  readonly dropped: number
}

/** A decision as a line of the log. JSON has no number for what is not finite: it is in quotes. */
export function entryLine({ value, ...entry }: DecisionEntry): string {
  return JSON.stringify({ ...entry, value: Number.isFinite(value) ? value : String(value) })
}

/** What a line of the log holds; null for what no log has. */
export function parseLine(line: string): DecisionHeader | DecisionEntry | DecisionFooter | null {
  const parsed = parsedOf(line)
  if (!isRecord(parsed)) return null
  if (isHeader(parsed) || isFooter(parsed)) return parsed
  const entry = { ...parsed, value: typeof parsed['value'] === 'string' ? Number(parsed['value']) : parsed['value'] }
  return isEntry(entry) ? entry : null
}

function parsedOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

export function isHeader(line: object): line is DecisionHeader {
  return 'schema' in line && line.schema === decisionSchema && 'seed' in line && 'version' in line
}

export function isFooter(line: object): line is DecisionFooter {
  return 'decisions' in line && 'dropped' in line
}

export function isEntry(line: object): line is DecisionEntry {
  const entry = line as Record<string, unknown>
  return (
    ['arm', 'site', 'kind'].every((name) => typeof entry[name] === 'string') &&
    ['slice', 'connection', 'n', 'value'].every((name) => typeof entry[name] === 'number')
  )
}
