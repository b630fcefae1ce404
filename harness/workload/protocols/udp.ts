import type { Problem } from '../../kernel/errors.ts'
import { found, type JsonObject } from '../../kernel/json.ts'
import { quantitySchema } from '../../kernel/json-schema.ts'
import { sizeBytes } from '../../kernel/units.ts'
import type { ProtocolMember } from '../protocol-member.ts'

export interface UdpConnection {
  /** Asked of the kernel for each socket; what it gives is in the result's counters. */
  readonly receiveBufferBytes: number
}

/** A numbered datagram; the target sends it back as it is. */
export interface UdpMessage {
  /** With its header of 16 bytes; 16 to 65,507. */
  readonly sizeBytes: number
  /** False: nothing comes back, and the operation is done when the datagram has been handed to the kernel. */
  readonly reply: boolean
}

/** The header of a numbered datagram, and the largest payload of UDP over IPv4. */
const sizes = { least: 16, most: 65_507 } as const

/** Sockets take their buffer's size as an int. */
const mostBuffer = 2 ** 30

/** Numbered datagrams. */
export const udp: ProtocolMember<UdpConnection, UdpMessage> = {
  keyword: 'udp',
  connection: {
    properties: {
      receiveBuffer: {
        ...quantitySchema('size', 'Receive buffer to ask of the kernel for each socket'),
        default: '1mib',
      },
    },
  },
  request: {
    properties: {
      size: { ...quantitySchema('size', 'Size of the datagram, with its header of 16 bytes'), default: '64b' },
      reply: { type: 'boolean', default: true, description: 'Whether the target sends it back' },
    },
  },
  expects: ['time'],
  extracts: [],
  defaultRequests: [{}],
  parseConnection: ({ receiveBuffer }) => ({ receiveBufferBytes: sizeBytes(receiveBuffer) }),
  parseMessage: ({ size, reply }) => ({ sizeBytes: sizeBytes(size), reply: reply === true }),
  connectionProblems: ({ receiveBuffer }, { where, sound }) =>
    sound('/receiveBuffer') ? outside(receiveBuffer, 1, mostBuffer, `${where}/receiveBuffer`) : [],
  requestProblems: ({ size }, { where, sound }) =>
    sound('/size') ? outside(size, sizes.least, sizes.most, `${where}/size`) : [],
  unanswered: ({ reply }) =>
    reply === false ? { keys: ['time'], why: 'without a reply nothing is waited for' } : null,
  nameOf: ({ size }: JsonObject) => `datagram ${String(size)}`,
  isIdempotent: () => false,
}

function outside(size: unknown, least: number, most: number, where: string): Problem[] {
  const bytes = sizeBytes(size)
  if (bytes >= least && bytes <= most) return []
  return [{ where, message: `found ${found(size)}, allowed: ${least} to ${most} bytes` }]
}
