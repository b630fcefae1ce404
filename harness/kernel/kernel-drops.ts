import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { endianness } from 'node:os'

/** Where a socket of this machine is bound. */
export interface LocalEnd {
  readonly address: string
  readonly port: number
}

/**
 * How many datagrams the kernel has dropped at these sockets since they were made, most of them for want of room in the
 * receive buffer; undefined where it does not tell, which it does in /proc/net/udp (Linux).
 */
export function readKernelDrops(ends: readonly LocalEnd[]): number | undefined {
  const version6 = ends.filter(({ address }) => isIPv6(address))
  const version4 = ends.filter(({ address }) => !isIPv6(address))
  try {
    return (
      (version4.length === 0 ? 0 : dropsIn(readFileSync('/proc/net/udp', 'latin1'), version4)) +
      (version6.length === 0 ? 0 : dropsIn(readFileSync('/proc/net/udp6', 'latin1'), version6))
    )
  } catch {
    return undefined
  }
}

/** Sum of the column `drops` (proc_net(5)) of these sockets. Throws RangeError when one of them is not in the table. */
export function dropsIn(table: string, ends: readonly LocalEnd[]): number {
  const drops = new Map<string, number>()
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/u)
    const [address = '', port = ''] = (fields[1] ?? '').split(':')
    if (port !== '') drops.set(keyOf(addressOf(address), Number.parseInt(port, 16)), Number(fields[12]))
  }
  return ends.reduce((sum, { address, port }) => {
    const own = drops.get(keyOf(address, port))
    if (own === undefined || Number.isNaN(own)) throw new RangeError(`no drops of ${address} port ${port}`)
    return sum + own
  }, 0)
}

/** An address as the table has it, in the notation of addresses: 32-bit words, each as this machine keeps it. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/gu) ?? []
  const bytes = words.flatMap((word) => {
    const pairs = word.match(/../gu) ?? []
    return endianness() === 'LE' ? pairs.toReversed() : pairs
  })
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.')
  return (bytes.join('').match(/.{4}/gu) ?? []).join(':')
}

/** One address has many notations, of which a URL has one; zones are not in the table. */
function keyOf(address: string, port: number): string {
  const [plain = ''] = address.split('%')
  return `${isIPv6(plain) ? new URL(`http://[${plain}]`).hostname : plain} ${port}`
}
