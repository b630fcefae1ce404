import { basename, dirname } from 'node:path'
import { load, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { messageOf, SoakrigError } from '../../kernel/errors.ts'
import { didYouMean } from '../../kernel/suggest.ts'
import type { GrpcConnection } from '../../workload/protocols/grpc.ts'
import { type MessageDescriptor, MessageTypes, type NamedType } from './message-types.ts'

/**
 * How messages look in profiles and replies: fields by their names in the .proto, with their default where they are
 * absent; 64-bit numbers and enums as texts, bytes as base64. In a reply lists come first, then maps, then all else by
 * its number, and last what of each `oneof` and what `optional` is there.
 */
const options = { keepCase: true, longs: String, enums: String, bytes: String, defaults: true, json: true } as const

/** One method of a service. */
export interface GrpcMethod {
  /** `/package.Service/Method` */
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  /** What it takes; undefined where that cannot be told. */
  readonly request: NamedType<MessageDescriptor> | undefined
  encode(message: object): Buffer
  /** Throws for bytes that are no such message. */
  decode(bytes: Buffer): object
}

/** What a .proto and its imports define. */
export interface Definitions {
  readonly types: MessageTypes
  /** The method `package.Service/Method`; throws `grpc-method` (104) when there is none. */
  method(name: string): GrpcMethod
}

/** The last ones read. Each slice of a run asks for the same, and the first reading takes some 25 ms. */
let known: { readonly key: string; readonly definitions: Promise<Definitions> } | undefined

/** Reads a .proto, once; rejects with `proto` (104). */
export function loadDefinitions(connection: GrpcConnection): Promise<Definitions> {
  const key = JSON.stringify([connection.proto, connection.includeDirs])
  if (known?.key !== key) {
    const reading = { key, definitions: readDefinitions(connection) }
    known = reading
    // What could not be read may be there the next time.
    reading.definitions.catch(() => {
      if (known === reading) known = undefined
    })
  }
  return known.definitions
}

async function readDefinitions({ proto, includeDirs }: GrpcConnection): Promise<Definitions> {
  const types = await load(proto, { ...options, includeDirs: [...includeDirs, dirname(proto)] }).catch(
    (cause: unknown) => {
      throw new SoakrigError(`${proto} cannot be used: ${messageOf(cause)}`, { code: 'proto', exit: 'usage', cause })
    },
  )
  const all = new MessageTypes(types)
  const methods = new Map<string, GrpcMethod>()
  for (const definition of Object.values(types)) {
    if (!isService(definition)) continue
    for (const { path, requestStream, responseStream, ...method } of Object.values(definition)) {
      const codec = { encode: method.requestSerialize, decode: method.responseDeserialize }
      const request = all.requestOf(method.requestType)
      methods.set(path.slice(1), { path, requestStream, responseStream, request, ...codec })
    }
  }
  return {
    types: all,
    method: (name) => {
      const method = methods.get(name)
      if (method) return method
      throw unknownMethod(name, [...methods.keys()], proto)
    },
  }
}

function isService(definition: PackageDefinition[string]): definition is ServiceDefinition {
  return !('format' in definition && typeof definition.format === 'string')
}

function unknownMethod(name: string, names: readonly string[], proto: string): SoakrigError {
  const message = `${JSON.stringify(name)} is no method of ${basename(proto)}${didYouMean(name, names)}`
  const hint = names.length > 0 ? `It has ${names.join(', ')}.` : 'It has no service; services may be in its imports.'
  return new SoakrigError(message, { code: 'grpc-method', exit: 'usage', hint })
}
