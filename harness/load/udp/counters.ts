/**
 * What is counted of datagrams, of all sockets of a driver. Of the datagrams sent, each is in the end one of received,
 * lost, cancelled, failed as corrupt or refused, or wanted no answer.
 */
const names = [
  /** The kernel took them. */
  'udp.sent',
  /** First answers, intact and in time. */
  'udp.received',
  /** No answer within the limit of an attempt. */
  'udp.lost',
  /** Given up by the client's policies or the end of the load, before an answer or the limit. */
  'udp.cancelled',
  /** First answers that came after their attempt was lost; it stays lost. */
  'udp.late',
  /** Further answers to what had been answered, in time or late. */
  'udp.duplicated',
  /** First answers with a number below the highest one that had come before on that socket (RFC 4737, section 3.3). */
  'udp.reordered',
  /** Answers of a wrong length or content, and such as nobody can have sent. */
  'udp.corrupt',
  /** First answers to what was cancelled, had failed, or wanted none. */
  'udp.unclaimed',
  /** Answers to numbers so old that nobody knows any more what became of them: late or duplicated. */
  'udp.forgotten',
  /** Intact datagrams of other sockets, such as one of an earlier slice that had the same port. */
  'udp.stray',
  /** Refusals that the target's machine reported (ICMP port unreachable); whose they are is not always known. */
  'udp.refused',
  /** Other errors that the sockets reported. */
  'udp.socketErrors',
  'udp.sockets',
  /** Receive buffers that the kernel gave, added up over the sockets; twice what was asked is usual (socket(7)). */
  'udp.receiveBufferBytes',
  /** Datagrams that came to the sockets and were dropped there, since they were not read in time. */
  'udp.kernelDrops',
  /** 1 when that could not be read. */
  'udp.kernelDropsUnread',
] as const

export type UdpCounters = Record<(typeof names)[number], number>

/** Makes a record of counters hold all of these; what they count already stays. */
export function openCounters(record: Record<string, number>): UdpCounters {
  for (const name of names) record[name] ??= 0
  return record as UdpCounters
}
