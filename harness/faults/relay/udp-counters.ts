/**
 * What an arm of datagrams counts besides its faults. Each datagram in leaves, or is in the end one of dropped by a fault,
 * `queueDrops`, `discarded` and `sendErrors`, and a fault may have made several of it:
 * out = in - dropped + copies - queueDrops - discarded - sendErrors - waiting, in each direction.
 */
const names = [
  'udp.datagramsUpIn',
  'udp.datagramsDownIn',
  /** The kernel took them; what becomes of them then is not known here. */
  'udp.datagramsUpOut',
  'udp.datagramsDownOut',
  /** No fault: there was no room for them, since too much waited already. */
  'udp.queueDrops',
  /** They waited when their session ended. */
  'udp.discarded',
  /** The kernel did not take them. */
  'udp.sendErrors',
  /** Other errors that were reported of what the kernel had taken. */
  'udp.socketErrors',
  /** The target's machine said that nobody listens (ICMP port unreachable). A client cannot be told, so it hears nothing. */
  'udp.refused',
  /** Sessions that have begun. */
  'udp.sessions',
  /** Sessions that ended: nothing came for long, there was no room for another, their client came again in a later slice. */
  'udp.expired',
  'udp.evicted',
  'udp.superseded',
  /** Datagrams that came to the relay's sockets and were dropped there, since they were not read in time: not among those in. */
  'udp.kernelDrops',
  /** Readings of that which failed. */
  'udp.kernelDropsUnread',
] as const

export type UdpCounters = Record<(typeof names)[number], number>

/** Makes a record of counters hold all of these; what they count already stays. */
export function openUdpCounters(record: Record<string, number>): UdpCounters {
  for (const name of names) record[name] ??= 0
  return record as UdpCounters
}
