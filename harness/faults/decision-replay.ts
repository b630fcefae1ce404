import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { type DecisionEntry, isEntry, isFooter, isHeader, parseLine } from './decision-entry.ts'
import type { Decisions } from './decisions.ts'

/** Where a replay and its log part. */
export interface Divergence {
  readonly arm: string
  readonly slice: number
  readonly connection: number
  readonly site: string
  readonly n: number
  /** Null: there is none in the log. */
  readonly logged: { readonly kind: string; readonly value: number } | null
  /** The kind that was to be decided; null: the logged decision was never asked for. */
  readonly asked: string | null
}

/** A log that is being replayed. */
export interface DecisionReplay extends Decisions {
  /** How many decisions came from the log. */
  replayed(): number
  /** The first one so far; called at the end, also what was never asked for is one. */
  divergence(atEnd: boolean): Divergence | null
}

/** The decisions of one site on one connection, in their order. */
interface Site extends Pick<DecisionEntry, 'arm' | 'slice' | 'connection' | 'site'> {
  readonly decisions: { readonly kind: string; readonly value: number }[]
  asked: number
}

/**
 * Reads a log of decisions whole, by `arm slice connection` and site. Rejects with `bad-decision-log` (104) where it cannot
 * be read, is no such log, or is not complete: what it lacks would look like a divergence.
 */
export async function replayDecisions(file: string): Promise<DecisionReplay> {
  const connections = await readLog(file)
  const none = new Map<string, Site>()
  let replayed = 0
  let first: Divergence | null = null
  return {
    connection(arm, slice, connection) {
      const sites = connections.get(keyOf({ arm, slice, connection })) ?? none
      /** Of sites that are not in the log. */
      const beyond = new Map<string, number>()
      const divergeAt = (site: string, n: number, logged: Divergence['logged'], asked: string): void => {
        first ??= { arm, slice, connection, site, n, logged, asked }
      }
      return {
        decide(name, kind, draw) {
          const site = sites.get(name)
          if (!site) {
            const n = beyond.get(name) ?? 0
            beyond.set(name, n + 1)
            divergeAt(name, n, null, kind)
            return draw()
          }
          const n = site.asked++
          const logged = site.decisions[n]
          if (logged?.kind === kind) {
            replayed++
            return logged.value
          }
          divergeAt(name, n, logged ?? null, kind)
          return draw()
        },
      }
    },
    replayed: () => replayed,
    divergence: (atEnd) => first ?? (atEnd ? firstUnasked(connections) : null),
  }
}

/** For people: `connection 7 of arm "a", slice 0, policy/rule/downlink/loss, decision 3: logged lost 0.2, asked for jitter`. */
export function describeDivergence({ arm, slice, connection, site, n, logged, asked }: Divergence): string {
  const was = logged ? `logged ${logged.kind} ${logged.value}` : 'nothing logged'
  const is = asked === null ? 'never asked for' : `asked for ${asked}`
  return `connection ${connection} of arm ${JSON.stringify(arm)}, slice ${slice}, ${site}, decision ${n}: ${was}, ${is}`
}

function keyOf({ arm, slice, connection }: Pick<DecisionEntry, 'arm' | 'slice' | 'connection'>): string {
  return `${slice} ${connection} ${arm}`
}

type Connections = Map<string, Map<string, Site>>

function firstUnasked(connections: Connections): Divergence | null {
  for (const sites of connections.values()) {
    for (const { decisions, asked, ...place } of sites.values()) {
      const logged = decisions[asked]
      if (logged) return { ...place, n: asked, logged, asked: null }
    }
  }
  return null
}

async function readLog(file: string): Promise<Connections> {
  const connections: Connections = new Map()
  let complete = false
  let number = 0
  let decisions = 0
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number++
      const line = parseLine(text)
      if (line === null || isHeader(line) !== (number === 1) || complete)
        throw badLog(file, `line ${number} is none of a log of decisions`)
      if (isEntry(line)) {
        addEntry(connections, line, () => badLog(file, `line ${number} is out of order`))
        decisions++
      } else if (isFooter(line)) {
        if (line.dropped > 0) throw badLog(file, `${line.dropped} decisions were dropped when it was written`)
        if (line.decisions !== decisions) throw badLog(file, `it has ${decisions} of ${line.decisions} decisions`)
        complete = true
      }
    }
  } catch (error) {
    if (error instanceof SoakrigError) throw error
    throw badLog(file, messageOf(error), error)
  }
  if (number === 0) throw badLog(file, 'it is empty')
  if (!complete) throw badLog(file, 'its last line is missing: what wrote it did not end in order')
  return connections
}

function addEntry(connections: Connections, entry: DecisionEntry, outOfOrder: () => Error): void {
  const { n, kind, value, ...place } = entry
  const key = keyOf(entry)
  const sites = connections.get(key) ?? new Map<string, Site>()
  connections.set(key, sites)
  const site = sites.get(entry.site) ?? { ...place, decisions: [], asked: 0 }
  sites.set(entry.site, site)
  if (n !== site.decisions.length) throw outOfOrder()
  site.decisions.push({ kind, value })
}

function badLog(file: string, what: string, cause?: unknown): SoakrigError {
  return new SoakrigError(`the log of decisions ${file} cannot be replayed: ${what}`, {
    code: 'bad-decision-log',
    exit: 'usage',
    hint: 'Record it again, with --log.',
    cause,
  })
}
