import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import type { Direction, ExchangeFault, StreamFault } from './fault.ts'
import { latency } from './latency.ts'
import { rate } from './rate.ts'
import { reset } from './reset.ts'

/** A table of faults whose settings types are known only to the faults themselves. */
type Table<Fault> = Readonly<Record<string, Fault>>

/** The faults that delay a stream, in the order in which a chunk passes them. */
export const streamFaults: Table<StreamFault<unknown>> = {
  rate: rate as StreamFault<unknown>,
  latency: latency as StreamFault<unknown>,
}

/** The faults that decide once per exchange. */
export const exchangeFaults: Table<ExchangeFault<unknown>> = {
  reset: reset as ExchangeFault<unknown>,
}

/** The settings of the faults of one policy: plain data, sent to the relay as it is. */
export interface Faults {
  readonly uplink: Readonly<Record<string, unknown>>
  readonly downlink: Readonly<Record<string, unknown>>
  readonly exchange: Readonly<Record<string, unknown>>
}

/** The relay's path with nothing added. */
export const noFaults: Faults = { uplink: {}, downlink: {}, exchange: {} }

const streamSchemas = Object.fromEntries(Object.values(streamFaults).map(({ keyword, schema }) => [keyword, schema]))
const exchangeSchemas = Object.fromEntries(
  Object.values(exchangeFaults).map(({ keyword, schema }) => [keyword, schema]),
)

/** The `fault` of a policy: faults by keyword; those without a direction act downlink, an explicit 0 disables. */
export const faultsSchema: JsonSchema = {
  ...objectSchema(
    {
      ...streamSchemas,
      ...exchangeSchemas,
      uplink: objectSchema(streamSchemas, { description: 'Faults from client to server.' }),
      downlink: objectSchema(streamSchemas, { description: 'Faults from server to client.' }),
    },
    { description: 'Faults of the path between client and target.' },
  ),
  minProperties: 1,
}

type RawFaults = Readonly<Record<string, unknown>>

function parsed(
  table: Table<Pick<StreamFault<unknown>, 'keyword' | 'parse' | 'active'>>,
  raw: RawFaults,
): Record<string, unknown> {
  const entries = Object.values(table)
    .filter(({ keyword }) => raw[keyword] !== undefined)
    .map((fault) => ({ fault, settings: fault.parse(raw[fault.keyword]) }))
  return Object.fromEntries(
    entries
      .filter(({ fault, settings }) => fault.active(settings))
      .map(({ fault, settings }) => [fault.keyword, settings]),
  )
}

/** Reads a `fault` object that the schema let pass; what a direction names wins over what has none. */
export function parseFaults(raw: RawFaults): Faults {
  const {
    uplink = {},
    downlink = {},
    ...plain
  } = raw as {
    readonly uplink?: RawFaults
    readonly downlink?: RawFaults
  } & RawFaults
  return {
    uplink: parsed(streamFaults, uplink),
    downlink: parsed(streamFaults, { ...plain, ...downlink }),
    exchange: parsed(exchangeFaults, plain),
  }
}

/** Each fault of a policy that acts, with its settings and the direction in which it does. */
export function activeFaults(faults: Faults): readonly {
  readonly fault: StreamFault<unknown> | ExchangeFault<unknown>
  readonly settings: unknown
  readonly direction: Direction
}[] {
  const of = (direction: Direction) =>
    Object.values(streamFaults)
      .filter(({ keyword }) => keyword in faults[direction])
      .map((fault) => ({ fault, settings: faults[direction][fault.keyword], direction }))
  const exchanges = Object.values(exchangeFaults)
    .filter(({ keyword }) => keyword in faults.exchange)
    .map((fault) => ({ fault, settings: faults.exchange[fault.keyword], direction: 'uplink' as const }))
  return [...of('uplink'), ...of('downlink'), ...exchanges]
}
