import { activeFaults, type ActiveFault, type AnyFault, faultTable, parseFaults } from '../faults/faults.ts'
import type { Problem } from '../kernel/errors.ts'
import { isRecord, step } from '../kernel/json.ts'
import { quoted } from '../kernel/suggest.ts'
import type { Document } from './document.ts'

/** A path on which faults may act. */
interface Path {
  /** Why not every fault can act there, as a part of a sentence. */
  readonly because: string
  readonly carries: (fault: AnyFault) => boolean
}

/** What acts on the target itself needs no path to it. */
const onTarget = ({ elsewhere }: AnyFault): boolean => elsewhere === 'target'

const streams: Path = {
  because: 'bytes go there in a stream',
  carries: (fault) =>
    (['stream', 'connection', 'listener', 'elsewhere'] as const).some((part) => fault[part] !== undefined),
}
const datagrams: Path = {
  because: 'the workload sends datagrams',
  carries: (fault) => fault.datagram !== undefined || onTarget(fault),
}
const unixSocket: Path = {
  because: 'the workload goes to a unix socket, which no relay can stand in',
  carries: onTarget,
}

/** Faults that cannot act on what the workload sends: of streams on datagrams and the other way round, or any in front of a unix socket. */
export function faultPathProblems({ workload, policies }: Document): Problem[] {
  if (!isRecord(workload) || !isRecord(policies)) return []
  const toTarget = pathOf(workload)
  return Object.entries(policies).flatMap(([name, policy]) => {
    if (!isRecord(policy)) return []
    const place = `/policies${step(name)}`
    return [...problemsOf(policy, place, toTarget), ...problemsOf(policy['under'], `${place}/under`, toTarget)]
  })
}

function pathOf(workload: Document): Path {
  if (workload['protocol'] === 'udp') return datagrams
  return typeof workload['socketPath'] === 'string' ? unixSocket : streams
}

/** Of what holds a `fault`, or `rules` that each hold one, on the path to the target or to the dependency that it names. */
function problemsOf(holder: unknown, pointer: string, toTarget: Path): Problem[] {
  if (!isRecord(holder)) return []
  const { fault, rules, at } = holder
  const path = typeof at === 'string' ? streams : toTarget
  return [
    ...misplaced(fault, `${pointer}/fault`, path),
    ...(Array.isArray(rules) ? rules : []).flatMap((rule: unknown, index) =>
      isRecord(rule) ? misplaced(rule['fault'], `${pointer}/rules/${index}/fault`, path) : [],
    ),
  ]
}

function misplaced(fault: unknown, pointer: string, { because, carries }: Path): Problem[] {
  if (!isRecord(fault)) return []
  const allowed = Object.values(faultTable).filter(carries)
  const message = (keyword: string): string =>
    `found ${keyword}, but ${because}; allowed: ${quoted(allowed.map((one) => one.keyword))}`
  return activeOf(fault).flatMap((active) =>
    carries(active.fault) ? [] : [{ where: pointer + placeOf(active, fault), message: message(active.fault.keyword) }],
  )
}

/** None where the document is wrong in itself: that is told elsewhere. */
function activeOf(fault: Document): readonly ActiveFault[] {
  try {
    return activeFaults(parseFaults(fault))
  } catch {
    return []
  }
}

/** Where a `fault` says so; what comes of a preset is nowhere else. */
function placeOf({ fault: { keyword }, direction }: ActiveFault, fault: Document): string {
  const side = fault[direction]
  if (isRecord(side) && keyword in side) return `/${direction}${step(keyword)}`
  return keyword in fault ? step(keyword) : ''
}
