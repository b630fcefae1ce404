import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng, type Rng } from '../../harness/kernel/rng.ts'
import type { AttemptListener, Lane, Prepared } from '../../harness/load/driver.ts'
import type { Outcome } from '../../harness/resilience/outcome.ts'
import { bodyOf, type Opened, type Subject } from './driver-subjects.ts'
import type { FaultyPath } from './faulty-path.ts'

/** What became of the attempts of a driver under stress. */
export interface Tally {
  started: number
  ok: number
  cancelled: number
  resent: number
  readonly failed: Record<string, number>
  /** What no driver may do, by what it was; empty for a good one. */
  readonly violations: Record<string, number>
  /** Most attempts that others began while one waited for its connection. */
  mostPassed: number
  /** MB that are in use after a collection, and of the whole process, each time that so many attempts had begun. */
  readonly live: number[]
  readonly rss: number[]
}

export interface StressOptions {
  readonly attempts: number
  readonly lanes: number
  readonly seed: string
  /** Where connections are cut at random; null for nowhere. */
  readonly path: FaultyPath | null
}

/** Memory is looked at so many times. */
const looks = 5

/** Requests that differ; more than there are lanes, so that no two in flight are the same. */
const kinds = 64

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Chances of each turn of the event loop: that a lane gives up, that a connection is cut. */
const chances = { cancel: 0.2, cut: 0.03, within: 0.7 }

/** Keeps the lanes of a driver busy, gives attempts up and cuts connections at random, until so many have begun and all have ended. */
export async function stress(subject: Subject, opened: Opened, options: StressOptions): Promise<Tally> {
  const { lanes: count, attempts, seed, path } = options
  const rng = createRng(seed)
  const tally: Tally = {
    started: 0,
    ok: 0,
    cancelled: 0,
    resent: 0,
    failed: {},
    violations: {},
    mostPassed: 0,
    live: [],
    rss: [],
  }
  const requests = Array.from({ length: kinds }, (_, number) => opened.prepare(number))
  const shared = { subject, opened, rng, tally, attempts, requests }
  const lanes = Array.from({ length: count }, () => new StressLane(shared))
  for (const lane of lanes) lane.go()
  const limitNs = realClock.nowNs() + 20e9
  while (tally.started < attempts || lanes.some(({ flying }) => flying)) {
    if (realClock.nowNs() > limitNs) throw new Error(`attempts do not end: ${JSON.stringify(tally)}`)
    await nextTurn()
    const lane = lanes[Math.floor(rng.next() * count)] as StressLane
    if (rng.next() < chances.cancel) lane.giveUp()
    if (path && rng.next() < chances.cut) cut(path, rng)
    for (const one of lanes) one.go(true)
    if (tally.started >= ((tally.live.length + 1) * attempts) / looks) lookAtMemory(tally)
  }
  return tally
}

function lookAtMemory({ live, rss }: Tally): void {
  collect()
  const memory = process.memoryUsage()
  live.push((memory.heapUsed + memory.external) / 2 ** 20)
  rss.push(memory.rss / 2 ** 20)
}

function cut({ open }: FaultyPath, rng: Rng): void {
  const sockets = [...open]
  const socket = sockets[Math.floor(rng.next() * sockets.length)]
  if (rng.next() < 0.5) socket?.destroy()
  else socket?.end()
}

interface Shared {
  readonly subject: Subject
  readonly opened: Opened
  readonly rng: Rng
  readonly tally: Tally
  readonly attempts: number
  readonly requests: readonly Prepared[]
}

/** A lane that begins one attempt after the other, and looks whether it is told what it may be told. */
class StressLane implements AttemptListener {
  readonly #shared: Shared
  readonly #lane: Lane
  flying = false
  #starting = false
  #number = 0
  #begun = 0

  constructor(shared: Shared) {
    this.#shared = shared
    this.#lane = shared.opened.driver.driver.lane(this)
  }

  /** Begins an attempt unless one is in flight; at random when it is only to be `perhaps`. */
  go(perhaps = false): void {
    const { tally, attempts, requests, rng } = this.#shared
    if (this.flying || tally.started >= attempts || (perhaps && rng.next() < 0.5)) return
    this.#number = ++tally.started
    this.#begun = this.#number
    this.flying = true
    const request = requests[this.#number % kinds] as Prepared
    this.#starting = true
    this.#lane.start(request, realClock.nowNs())
    this.#starting = false
  }

  giveUp(): void {
    if (!this.flying) return
    this.flying = false
    this.#shared.tally.cancelled++
    this.#lane.cancel()
    if (this.#shared.rng.next() < chances.within) this.go()
  }

  granted(): void {
    this.#told('granted')
    const { tally } = this.#shared
    tally.mostPassed = Math.max(tally.mostPassed, tally.started - this.#begun)
  }

  connected(): void {
    this.#told('connected')
  }

  firstByte(): void {
    this.#told('first byte')
  }

  resent(): void {
    this.#told('resent')
    this.#shared.tally.resent++
  }

  attemptEnded({ ok, error }: Outcome): void {
    this.#told('end')
    this.flying = false
    const { tally, rng } = this.#shared
    if (ok) {
      tally.ok++
      this.#lookAtReply()
    } else tally.failed[String(error)] = (tally.failed[String(error)] ?? 0) + 1
    if (rng.next() < chances.within) this.go()
  }

  #lookAtReply(): void {
    const { reply, sentBytes, receivedBytes } = this.#lane
    const { subject, opened } = this.#shared
    const body = Buffer.from(reply.body()).toString()
    if (body !== bodyOf(subject.protocol, this.#number % kinds)) this.#broken(`the reply of another: ${body}`)
    if (subject.protocol === 'http' && reply.header('content-type') === null) this.#broken('a reply without headers')
    if (sentBytes <= 0 || receivedBytes <= 0 || reply.sizeBytes !== receivedBytes) this.#broken('wrong bytes')
    if (opened.driver.wheel.size > 500) this.#broken('timers that pile up')
  }

  #told(what: string): void {
    if (this.#starting) this.#broken(`${what} told within start`)
    if (!this.flying) this.#broken(`${what} told without an attempt`)
  }

  #broken(what: string): void {
    const { violations } = this.#shared.tally
    violations[what] = (violations[what] ?? 0) + 1
  }
}
