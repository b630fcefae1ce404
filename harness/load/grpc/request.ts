import { Buffer } from 'node:buffer'
import { Metadata } from '@grpc/grpc-js'
import { messageOf, SoakrigError } from '../../kernel/errors.ts'
import type { CompiledChecks } from '../../workload/expect.ts'
import type { Kept } from '../../workload/reply.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import { checksOf, keptOf } from '../checks.ts'
import type { Prepared } from '../driver.ts'
import { messageProblems } from './message-problems.ts'
import type { Definitions, GrpcMethod } from './methods.ts'

/** One call as it is made, with what its reply must be; made once, used many times. */
export interface PreparedGrpc extends Prepared {
  readonly method: GrpcMethod
  readonly messages: readonly Buffer[]
  readonly metadata: Metadata
  /** gRPC code. */
  readonly expectStatus: number
  /** The last message as JSON. */
  readonly expectBody: string | null
  readonly kept: Kept
  /** Null where there are none. */
  readonly checks: CompiledChecks | null
}

/**
 * Makes a call ready. Throws `grpc-method` (104) for a method that the .proto does not have, `grpc-message` (104) for
 * messages that are not what it takes, `bad-request` (104) for metadata that no call can carry.
 */
export function prepareGrpc(request: WorkloadRequest<'grpc'>, definitions: Definitions): PreparedGrpc {
  const { message, expect, idempotent } = request
  const method = definitions.method(message.method)
  const checks = checksOf(expect.checks)
  return {
    idempotent,
    method,
    messages: encodeMessages(request, method, definitions),
    metadata: metadataOf(request),
    expectStatus: expect.status ?? 0,
    expectBody: expect.body,
    kept: keptOf(request, checks),
    checks,
  }
}

function encodeMessages(
  { name, message }: WorkloadRequest<'grpc'>,
  method: GrpcMethod,
  definitions: Definitions,
): Buffer[] {
  const { messages } = message
  const what = `the request ${JSON.stringify(name)} of ${message.method}`
  if (!method.requestStream && messages.length !== 1) {
    const detail = `takes exactly one message, and has ${messages.length}`
    throw new SoakrigError(`${what} ${detail}`, { code: 'grpc-message', exit: 'usage' })
  }
  const type = method.request
  const problems = messages.flatMap((one, index) =>
    type ? messageProblems(definitions.types, type, one, `/messages/${index}`) : [],
  )
  try {
    if (problems.length === 0) return messages.map((one) => method.encode(one as object))
  } catch (cause) {
    throw new SoakrigError(`${what} cannot be sent: ${messageOf(cause)}`, {
      code: 'grpc-message',
      exit: 'usage',
      cause,
    })
  }
  throw new SoakrigError(`${what} is not what the .proto says`, { code: 'grpc-message', exit: 'usage', problems })
}

/** Names that end in `-bin` have their bytes in base64, as everywhere in gRPC. */
function metadataOf({ name, message }: WorkloadRequest<'grpc'>): Metadata {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(message.metadata)) {
    try {
      metadata.add(key, key.toLowerCase().endsWith('-bin') ? Buffer.from(value, 'base64') : value)
    } catch (cause) {
      throw new SoakrigError(`the request ${JSON.stringify(name)} cannot be sent: ${messageOf(cause)}`, {
        code: 'bad-request',
        exit: 'usage',
        cause,
      })
    }
  }
  return metadata
}
