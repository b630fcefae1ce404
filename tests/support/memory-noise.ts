import type { MemoryTrace } from '../../harness/judge/trace/memory-trace.ts'
import type { Rng } from '../../harness/kernel/rng.ts'

/** Parts that the memory of a healthy target may be made of; all of them end at a level. */
export type MemoryNoise =
  | 'warmup'
  | 'sawtooth'
  | 'steps'
  | 'wander'
  | 'late'
  | 'step'
  | 'slow'
  | 'log'
  | 'wave'
  | 'tide'

/** A run of a generated target. */
export interface MemoryRun {
  readonly minutes: number
  readonly noises: readonly MemoryNoise[]
  readonly leakBytesPerRequest?: number
  readonly requestsPerSecond?: number
}

type Course = (seconds: number) => number

/**
 * Resident memory once a second in KiB. Per noise, all drawn anew for each run: `warmup` 20-80 MiB with a time constant of
 * 30-120 s; `sawtooth` 4-15 MiB that fills in 5-40 s, each cycle up to 30 % shorter or longer; `steps` the allocator takes
 * and returns up to three arenas of 0.5-2 MiB, each held and away for a minute on average; `wander` AR(1) of 0.3-1.5 MiB with a
 * time constant of 5-60 s; `late` a cache of 10-60 MiB that is full after 30-70 % of the run; `step` 5-40 MiB at once, at
 * any time; `slow` a warm-up of 20-80 MiB with a time constant of 5-15 min; `log` a cache whose hits follow a power law, which
 * grows by 5-20 MiB each time that 2.7 times as much was asked, the first after 10-60 s; `wave` 2-10 MiB up and down, in a
 * fourth of the run to all of it; `tide` the same in one to three times the run.
 */
export function memoryRun({ minutes, noises, ...run }: MemoryRun, rng: Rng): MemoryTrace {
  const rate = run.requestsPerSecond ?? 400
  const leakKbPerSecond = ((run.leakBytesPerRequest ?? 0) * rate) / 1024
  const baseKb = between(rng, 60, 120) * 1024
  const courses = noises.map((noise, index) => makers[noise](rng.fork(noise, index), minutes * 60))
  return traceOf(
    Array.from({ length: minutes * 60 }, (_, second) => {
      const kb = courses.reduce((sum, course) => sum + course(second), baseKb + leakKbPerSecond * second)
      return [second, Math.round(kb / 4) * 4, Math.round(rate * second)]
    }),
  )
}

/**
 * `heapUsed` after a forced collection every `epochSeconds`: 3-15 MiB of warm-up with a time constant of 10-60 s, objects in
 * flight of 20-100 KiB, and a cache that is exchanged, AR(1) of 20-80 KiB.
 */
export function heapRun(run: Omit<MemoryRun, 'noises'> & { readonly epochSeconds: number }, rng: Rng): MemoryTrace {
  const rate = run.requestsPerSecond ?? 400
  const [sizeKb, tau] = [between(rng, 3, 15) * 1024, between(rng, 10, 60)]
  const flightKb = between(rng, 20, 100)
  const wander = autoregressive(rng.fork('wander'), between(rng, 20, 80), between(rng, 5, 60))
  const leakKbPerSecond = ((run.leakBytesPerRequest ?? 0) * rate) / 1024
  const samples: [number, number, number][] = []
  for (let second = 0; second < run.minutes * 60; second++) {
    const wandered = wander(second)
    if (second % run.epochSeconds > 0) continue
    const warm = sizeKb * (1 - Math.exp(-second / tau))
    const kb = 20_000 + warm + wandered + Math.abs(normal(rng)) * flightKb + leakKbPerSecond * second
    samples.push([second, Math.round(kb * 1024) / 1024, Math.round(rate * second)])
  }
  return { ...traceOf(samples), kind: 'heap' }
}

/**
 * Open files or threads once a second: 20-60; up to 20 files or 4 threads that come and go with the load; a pool that takes up to six more,
 * one at a time, in the first 60 % of the run; and up to four that are there for a minute now and then.
 */
export function countRun(
  run: { minutes: number; kind: 'fds' | 'threads'; leakPerMinute?: number },
  rng: Rng,
): MemoryTrace {
  const [base, busy] = [Math.round(between(rng, 20, 60)), between(rng, 1, run.kind === 'fds' ? 20 : 4)]
  const load = autoregressive(rng.fork('load'), Math.sqrt(busy), between(rng, 1, 20))
  const grown = Array.from({ length: Math.floor(between(rng, 0, 7)) }, () => run.minutes * 60 * between(rng, 0, 0.6))
  const helpers = Math.floor(between(rng, 0, 5))
  let helping = false
  const samples = Array.from({ length: run.minutes * 60 }, (_, second): [number, number, number] => {
    if (rng.next() < 1 / 60) helping = !helping
    const steady = base + grown.filter((at) => at <= second).length + (helping ? helpers : 0)
    const leaked = Math.floor(((run.leakPerMinute ?? 0) * second) / 60)
    return [second, Math.max(0, Math.round(steady + leaked + busy + load(second))), 400 * second]
  })
  return { ...traceOf(samples), kind: run.kind }
}

function traceOf(samples: MemoryTrace['samples']): MemoryTrace {
  return { schema: 'soakrig/memory-trace@1', id: 'generated', calibration: null, samples, faults: [] }
}

const makers: Readonly<Record<MemoryNoise, (rng: Rng, seconds: number) => Course>> = {
  warmup(rng) {
    const [sizeKb, tau] = [between(rng, 20, 80) * 1024, between(rng, 30, 120)]
    return (second) => sizeKb * (1 - Math.exp(-second / tau))
  },
  sawtooth(rng) {
    const [heightKb, period] = [between(rng, 4, 15) * 1024, between(rng, 5, 40)]
    let begun = -rng.next() * period
    let length = period
    return (second) => {
      for (; second - begun >= length; length = period * between(rng, 0.7, 1.3)) begun += length
      return (heightKb * (second - begun)) / period
    }
  },
  steps(rng) {
    const arenas = Array.from({ length: 3 }, () => ({ kb: between(rng, 0.5, 2) * 1024, held: false }))
    return () => {
      for (const arena of arenas) if (rng.next() < 1 / 60) arena.held = !arena.held
      return arenas.reduce((sum, { kb, held }) => sum + (held ? kb : 0), 0)
    }
  },
  wander: (rng) => autoregressive(rng, between(rng, 0.3, 1.5) * 1024, between(rng, 5, 60)),
  late(rng, seconds) {
    const [sizeKb, full] = [between(rng, 10, 60) * 1024, seconds * between(rng, 0.3, 0.7)]
    return (second) => sizeKb * Math.min(1, second / full)
  },
  step(rng, seconds) {
    const [sizeKb, at] = [between(rng, 5, 40) * 1024, seconds * rng.next()]
    return (second) => (second >= at ? sizeKb : 0)
  },
  slow(rng) {
    const [sizeKb, tau] = [between(rng, 20, 80) * 1024, 60 * between(rng, 5, 15)]
    return (second) => sizeKb * (1 - Math.exp(-second / tau))
  },
  log(rng) {
    const [sizeKb, first] = [between(rng, 5, 20) * 1024, between(rng, 10, 60)]
    return (second) => sizeKb * Math.log1p(second / first)
  },
  wave: (rng, seconds) => wave(rng, seconds * between(rng, 0.25, 1)),
  tide: (rng, seconds) => wave(rng, seconds * between(rng, 1, 3)),
}

function wave(rng: Rng, period: number): Course {
  const [heightKb, begun] = [between(rng, 2, 10) * 1024, rng.next()]
  return (second) => (heightKb / 2) * (1 + Math.sin(2 * Math.PI * (second / period + begun)))
}

function autoregressive(rng: Rng, deviation: number, tau: number): Course {
  const keep = Math.exp(-1 / tau)
  let value = deviation * normal(rng)
  return () => (value = keep * value + Math.sqrt(1 - keep ** 2) * deviation * normal(rng))
}

function between(rng: Rng, lo: number, hi: number): number {
  return lo + (hi - lo) * rng.next()
}

/** By the method of Box and Muller (1958, Ann. Math. Stat. 29:610). */
function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}
