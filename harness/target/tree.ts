import { isAlive, listProcesses, type ProcessIdentity, type ProcessRecord, type ProcStat, readStat } from './proc.ts'

/** What makes a process part of a tree. */
export interface TreeQuery {
  readonly root: ProcessIdentity
  /** Its process group, when it leads one. */
  readonly pgid?: number | undefined
  /** Members seen before: one that lost its parent and left the group (setsid) is still part of it. */
  readonly seen?: Iterable<ProcessIdentity>
}

/** The living members of a tree: descendants of the root, of its group and of what was seen before. */
export function treeFrom(processes: readonly ProcStat[], { root, pgid, seen = [] }: TreeQuery): ProcStat[] {
  const known = new Map([...seen, root].map(({ pid, startTicks }) => [pid, startTicks]))
  const alive = processes.filter(isAlive)
  const children = Map.groupBy(alive, ({ ppid }) => ppid)
  const members = new Map<number, ProcStat>()
  for (const process of alive) {
    // A group id that is in use again belongs to processes that are older than nothing of ours.
    const grouped = process.pgrp === pgid && process.startTicks >= root.startTicks
    if (grouped || known.get(process.pid) === process.startTicks) members.set(process.pid, process)
  }
  for (const member of members.values()) {
    // A Map hands out what is added while it is walked, so this reaches every generation.
    for (const child of children.get(member.pid) ?? []) members.set(child.pid, child)
  }
  return [...members.values()]
}

/** The living members of the tree below a process, as /proc has it now. */
export function treeOf(query: TreeQuery): ProcStat[] {
  return treeFrom(listProcesses(), query)
}

/** A tree that is looked at again and again. */
export interface TreeWatch {
  readonly root: ProcessIdentity
  /** The living members, now; each is reported once. */
  scan(): ProcStat[]
  /** Makes processes members that the tree does not show. */
  adopt(processes: readonly ProcessIdentity[]): void
}

/** Watches the tree below a process; members are remembered while they live. */
export function watchTree(
  root: ProcessIdentity,
  role: string,
  onProcess: (record: ProcessRecord) => void = () => {},
): TreeWatch {
  let seen = new Map<number, ProcessIdentity>()
  const stat = readStat(root.pid)
  const pgid = stat?.pgrp === root.pid ? root.pid : undefined
  return {
    root,
    adopt: (processes) => {
      for (const process of processes) if (!seen.has(process.pid)) seen.set(process.pid, process)
    },
    scan: () => {
      const members = treeOf({ root, pgid, seen: seen.values() })
      const reported = seen
      seen = new Map(members.map(({ pid, startTicks }) => [pid, { pid, startTicks }]))
      for (const { pid, startTicks } of members) {
        if (reported.get(pid)?.startTicks !== startTicks) onProcess({ pid, startTicks, role })
      }
      return members
    },
  }
}
