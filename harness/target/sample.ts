import pidusage from 'pidusage'
import type { Clock } from '../kernel/clock.ts'
import {
  countFds,
  isAlive,
  type ProcessIdentity,
  type ProcessRecord,
  type ProcStat,
  readStat,
  rollupKb,
} from './proc.ts'
import { type TreeWatch, watchTree } from './tree.ts'

/** What a tree of processes uses at one moment. */
export interface TreeSample {
  readonly atNs: number
  readonly processes: number
  /** The figure to judge: RSS of one process, the sum of PSS of several (RSS counts shared pages twice); KiB. */
  readonly memoryKb: number | null
  readonly memorySource: 'rss' | 'pss'
  /** Sum of RSS; KiB, null when it could not be read. */
  readonly rssKb: number | null
  /** Sum of PSS; KiB, null for a single process or when it could not be read. */
  readonly pssKb: number | null
  /** User and system time since the start of each, of those that have ended too; ms, never falling. */
  readonly cpuMs: number
  /** Null when it could not be read. */
  readonly fds: number | null
  readonly threads: number
  /** Why `memoryKb` is null. */
  readonly missing?: string
}

/** Takes samples of a tree of processes. */
export interface Sampler {
  sample(): Promise<TreeSample>
  /**
   * What its processes hold for themselves in KiB: pages of no file, which is where a leak is. Null where that may not be read.
   * Walks all their pages, so that it is not for times that are measured.
   */
  anonymousKb(): number | null
  /** Goes on with the tree below another process, as of a target that was started again; CPU goes on adding up. */
  follow(root: ProcessIdentity): void
}

/** What is sampled. */
export interface SamplerOptions {
  readonly root: ProcessIdentity
  readonly clock: Clock
  /** False: the root alone. */
  readonly tree?: boolean
  /** Called once for each member as it is first seen. */
  readonly onProcess?: (record: ProcessRecord) => void
  readonly role?: string
}

interface Usage {
  readonly memory: number
  readonly ctime: number
}

/** Makes a sampler of a process and all that descends from it; RSS and CPU by pidusage, the rest from /proc. */
export function createSampler({ root, clock, tree = true, onProcess, role = 'target' }: SamplerOptions): Sampler {
  const watchOf = (from: ProcessIdentity): Pick<TreeWatch, 'scan'> =>
    tree ? watchTree(from, role, onProcess) : { scan: () => alone(from) }
  let watch = watchOf(root)
  const cpu = createCpuMeter()
  return {
    sample: async () => {
      const atNs = clock.nowNs()
      const found = watch.scan()
      const usages = await usagesOf(found)
      // What ended in between reads as absent, or, as a zombie, as a process without memory.
      const living = found.filter((member) => (usages.get(member)?.memory ?? 0) > 0)
      const cpuMs = cpu.add(living, usages)
      return { atNs, processes: living.length, cpuMs, ...memoryOf(found, living, usages), ...countsOf(living) }
    },
    anonymousKb: () => {
      const parts = watch.scan().map(({ pid }) => rollupKb(pid, 'Anonymous'))
      return parts.length > 0 && parts.every((kb) => kb !== undefined) ? total(parts) : null
    },
    follow: (next) => {
      watch = watchOf(next)
    },
  }
}

/** A sampler of one process of our own, without what descends from it. */
export function createProcessSampler(pid: number, clock: Clock): Sampler {
  return createSampler({ root: { pid, startTicks: readStat(pid)?.startTicks ?? -1 }, clock, tree: false })
}

function alone({ pid, startTicks }: ProcessIdentity): ProcStat[] {
  const stat = readStat(pid)
  return stat && stat.startTicks === startTicks && isAlive(stat) ? [stat] : []
}

async function usagesOf(members: readonly ProcStat[]): Promise<Map<ProcStat, Usage>> {
  if (members.length === 0) return new Map()
  // It rejects when none of them is left.
  const byPid = await pidusage(members.map(({ pid }) => pid)).catch((): Record<string, Usage> => ({}))
  return new Map(
    members.flatMap((member) => {
      const usage = byPid[String(member.pid)]
      return usage ? [[member, usage] as const] : []
    }),
  )
}

function memoryOf(
  found: readonly ProcStat[],
  living: readonly ProcStat[],
  usages: ReadonlyMap<ProcStat, Usage>,
): Pick<TreeSample, 'memoryKb' | 'memorySource' | 'rssKb' | 'pssKb' | 'missing'> {
  const memorySource = living.length > 1 ? 'pss' : 'rss'
  const nothing = { memoryKb: null, memorySource, rssKb: null, pssKb: null } as const
  if (living.length === 0) {
    return { ...nothing, missing: found.length > 0 ? 'its memory could not be read' : 'the process has ended' }
  }
  const rssKb = total(living.map((member) => Math.round((usages.get(member)?.memory ?? 0) / 1024)))
  if (memorySource === 'rss') return { memoryKb: rssKb, memorySource, rssKb, pssKb: null }
  const parts = living.map(({ pid }) => rollupKb(pid, 'Pss')).filter((kb) => kb !== undefined)
  if (parts.length < living.length) {
    const missing = `PSS of ${living.length - parts.length} of ${living.length} processes could not be read`
    return { ...nothing, rssKb, missing }
  }
  return { memoryKb: total(parts), memorySource, rssKb, pssKb: total(parts) }
}

function countsOf(living: readonly ProcStat[]): Pick<TreeSample, 'fds' | 'threads'> {
  const fds = living.map(({ pid }) => countFds(pid))
  return {
    fds: fds.every((count) => count !== undefined) && fds.length > 0 ? total(fds) : null,
    threads: total(living.map(({ threads }) => threads)),
  }
}

/** Adds up CPU so that it never falls: of what has ended, the last value seen is kept as one sum. */
function createCpuMeter() {
  let endedMs = 0
  let last = new Map<string, number>()
  return {
    add(living: readonly ProcStat[], usages: ReadonlyMap<ProcStat, Usage>): number {
      const now = new Map<string, number>()
      for (const member of living) {
        const key = `${member.pid}:${member.startTicks}`
        now.set(key, Math.max(usages.get(member)?.ctime ?? 0, last.get(key) ?? 0))
      }
      for (const [key, ms] of last) if (!now.has(key)) endedMs += ms
      last = now
      return endedMs + total(now.values())
    },
  }
}

function total(values: Iterable<number>): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
