import type { Problem } from '../../kernel/errors.ts'
import { found, step } from '../../kernel/json.ts'
import { isMetadataName, isMetadataValue } from '../header-rules.ts'
import { withHolesAs } from '../holes.ts'
import { fileProblem, folderProblem, pathAt } from '../place.ts'
import type { ProtocolMember } from '../protocol-member.ts'
import type { TlsSettings } from '../tls.ts'
import { parseTls, type RawTls, tlsProblems, tlsSchema } from '../tls-settings.ts'

/** Where the services are described, and how calls go out. */
export interface GrpcConnection {
  /** Absolute path of the .proto file. */
  readonly proto: string
  /** Folders in which its imports are looked for. */
  readonly includeDirs: readonly string[]
  readonly tls: TlsSettings | null
}

/** One call. What it streams follows from the .proto. */
export interface GrpcMessage {
  /** `package.Service/Method` */
  readonly method: string
  /** What is sent: exactly one for a call that does not stream its requests. */
  readonly messages: readonly unknown[]
  readonly metadata: Readonly<Record<string, string>>
}

interface RawGrpc {
  readonly proto: string
  readonly includeDirs: readonly string[]
  readonly tls?: RawTls
}

interface RawGrpcRequest {
  readonly method: string
  readonly message?: unknown
  readonly messages?: readonly unknown[]
  readonly metadata: Readonly<Record<string, string>>
}

/** Calls of gRPC. */
export const grpc: ProtocolMember<GrpcConnection, GrpcMessage> = {
  keyword: 'grpc',
  connection: {
    properties: {
      proto: { type: 'string', minLength: 1, description: 'Path of the .proto file, relative to the profile' },
      includeDirs: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        default: [],
        description: 'Folders in which its imports are looked for, relative to the profile',
      },
      tls: tlsSchema,
    },
    required: ['proto'],
  },
  request: {
    properties: {
      method: {
        type: 'string',
        pattern: String.raw`^[A-Za-z_][\w.]*/[A-Za-z_]\w*$`,
        description: 'package.Service/Method',
      },
      message: { type: 'object', description: 'What is sent, as JSON; an empty message when absent' },
      messages: {
        type: 'array',
        items: { type: 'object' },
        description: 'What a call that streams its requests sends',
      },
      metadata: {
        type: 'object',
        additionalProperties: { type: 'string' },
        default: {},
        description: 'Metadata of the call',
      },
    },
    required: ['method'],
    rules: [{ dependencies: { message: { properties: { messages: false } } } }],
  },
  expects: ['status', 'body', 'headers', 'contains', 'matches', 'json', 'size', 'time'],
  extracts: ['json', 'header', 'matches'],
  status: {
    type: ['integer', 'null'],
    minimum: 0,
    maximum: 16,
    default: null,
    description: 'gRPC code that counts as a success; null for 0 only',
  },

  parseConnection(document, place) {
    const { proto, includeDirs, tls } = document as unknown as RawGrpc
    return {
      proto: pathAt(place, proto),
      includeDirs: includeDirs.map((folder) => pathAt(place, folder)),
      tls: parseTls(tls, place),
    }
  },

  parseMessage(document) {
    const { method, message, messages, metadata } = document as unknown as RawGrpcRequest
    return { method, messages: messages ?? [message ?? {}], metadata }
  },

  connectionProblems(document, { where, sound, place }) {
    const { proto, includeDirs, tls } = document as unknown as RawGrpc
    const told = (pointer: string, message: string | null): Problem[] =>
      message === null ? [] : [{ where: where + pointer, message }]
    return [
      ...(sound('/proto') ? told('/proto', fileProblem(pathAt(place, proto), proto)) : []),
      ...(sound('/includeDirs')
        ? includeDirs.flatMap((folder, index) =>
            told(`/includeDirs/${index}`, folderProblem(pathAt(place, folder), folder)),
          )
        : []),
      ...(sound('/tls') ? tlsProblems(tls, `${where}/tls`, place) : []),
    ]
  },

  requestProblems(document, { where, sound }) {
    if (!sound('/metadata')) return []
    const { metadata } = document as unknown as RawGrpcRequest
    return Object.entries(metadata).flatMap(([name, value]) => metadataProblems(name, value, `${where}/metadata`))
  },

  unanswered: () => null,
  nameOf: ({ method }) => String(method),
  isIdempotent: () => false,
}

function metadataProblems(name: string, value: string, pointer: string): Problem[] {
  const where = pointer + step(name)
  if (!isMetadataName(withHolesAs(name, 'x')))
    return [{ where, message: `found ${found(name)}, allowed: letters, digits, _, - and ., not grpc- first` }]
  if (isMetadataValue(withHolesAs(value, ''))) return []
  return [{ where, message: `found ${found(value)}, allowed: printable ASCII` }]
}
