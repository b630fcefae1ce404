import type { Problem } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import type { Place } from './place.ts'

/** The keys of `expect` that a protocol can have. */
export type ExpectKey = 'status' | 'body' | 'headers' | 'contains' | 'matches' | 'json' | 'size' | 'time'

/** The ways of extraction that a protocol can have. */
export type ExtractKey = 'json' | 'header' | 'matches'

/** A part of a workload that is looked at for problems, and what is known of it. */
export interface Look {
  /** JSON pointer of the part, in the profile. */
  readonly where: string
  /** True when something is there, and the schema has found nothing wrong with it; of a pointer below the part. */
  readonly sound: (below: string) => boolean
  readonly place: Place
}

/** The workload around a request: the keys of its connection are there. */
export interface WholeWorkload {
  readonly raw: JsonObject
  readonly sound: Look['sound']
}

/** An object's schema, in the pieces that are put together with those of every protocol. */
export interface SchemaPart {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** Further keywords of the whole object, such as `if`. */
  readonly rules?: readonly JsonSchema[]
}

/** What every file in `protocols/` exports: how a profile describes its connections and its requests. */
export interface ProtocolMember<Connection, Message> {
  /** The keyword in a profile, and the file's name. */
  readonly keyword: string
  /** Keys of the workload that say how connections are made. */
  readonly connection: SchemaPart
  /** Keys of a request besides name, weight, idempotent, expect, extract and pause. */
  readonly request: SchemaPart
  /** What may be asked of an answer, and taken from it. */
  readonly expects: readonly ExpectKey[]
  readonly extracts: readonly ExtractKey[]
  /** The schema of `expect.status` where there is one. */
  readonly status?: JsonSchema
  /** The requests of a workload that names none; absent where some must be named. */
  readonly defaultRequests?: readonly JsonObject[]
  parseConnection(raw: JsonObject, place: Place): Connection
  parseMessage(raw: JsonObject, place: Place): Message
  /** What the schema cannot say of the connection's keys. */
  connectionProblems(raw: JsonObject, look: Look): Problem[]
  /** What the schema cannot say of a request's own keys. */
  requestProblems(raw: JsonObject, look: Look, workload: WholeWorkload): Problem[]
  /** What keeps a message from being sent, for people; asked of messages whose holes have been filled. */
  messageProblem?(message: Message, connection: Connection): string | null
  /** The parts of an answer that a request has none of, and why; null where everything is there. */
  unanswered(raw: JsonObject): { readonly keys: readonly (ExpectKey | ExtractKey)[]; readonly why: string } | null
  /** `expect.body` as the driver compares it, where that is not as it is written. */
  expectedBody?(body: string, raw: JsonObject): string
  /** The name of a request that was given none. */
  nameOf(raw: JsonObject): string
  /** Whether a request may be repeated, where it does not say. */
  isIdempotent(raw: JsonObject): boolean
}
