import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { SoakrigError, systemCode } from '../../kernel/errors.ts'
import { resolveAllowed } from '../../kernel/loopback.ts'
import { createRng, type Rng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import { createHistogram } from '../../measure/histogram.ts'
import { emptyTally, type Tally } from '../../measure/tally.ts'
import { exchangeFaults, type Faults, streamFaults } from '../faults.ts'
import { type ArmMeters, type ConnectionFaults, joinConnection } from './connection.ts'
import type { ArmReading, RelayArm } from './protocol.ts'

export interface RelayOptions {
  readonly arms: readonly RelayArm[]
  readonly seed: number
  readonly clock: Clock
  readonly allowedHosts: readonly string[]
}

/** A relay that listens: one port per arm. */
export interface Relay extends AsyncDisposable {
  /** The port of each arm. */
  readonly ports: Readonly<Record<string, number>>
  /** Names the slice whose connections come next. */
  setSlice(arm: string, slice: number): void
  /** Counters of all arms; the delays of one arm with them, which then start anew. */
  read(takeDelaysOf: string | null): Record<string, ArmReading>
}

/** One arm while it listens. */
interface OpenArm {
  readonly server: Server
  readonly setSlice: (slice: number) => void
  readonly read: (takeDelays: boolean) => ArmReading
  readonly close: () => Promise<void>
}

/** Opens the listeners of all arms. Errors: `port-taken` (106), `host-not-allowed` (104), `host-unknown` (106). */
export async function openRelay({ arms, seed, clock, allowedHosts }: RelayOptions): Promise<Relay> {
  const wheel = new TimerWheel(clock)
  const rng = createRng(seed)
  const open = new Map<string, OpenArm>()
  const close = async (): Promise<void> => {
    await Promise.all([...open.values()].map((arm) => arm.close()))
    wheel.clear()
  }
  try {
    for (const arm of arms)
      open.set(arm.arm, await openArm(arm, { rng: rng.fork('relay', arm.arm), clock, wheel, allowedHosts }))
  } catch (error) {
    await close()
    throw error
  }
  return {
    ports: Object.fromEntries([...open].map(([name, { server }]) => [name, (server.address() as AddressInfo).port])),
    setSlice: (arm, slice) => open.get(arm)?.setSlice(slice),
    read: (takeDelaysOf) => Object.fromEntries([...open].map(([name, arm]) => [name, arm.read(name === takeDelaysOf)])),
    [Symbol.asyncDispose]: close,
  }
}

interface ArmContext {
  readonly rng: Rng
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly allowedHosts: readonly string[]
}

async function openArm(arm: RelayArm, { rng, clock, wheel, allowedHosts }: ArmContext): Promise<OpenArm> {
  const address = await resolveAllowed(arm.upstream.host, allowedHosts)
  const meters = createMeters()
  const faults = createFaults(arm.faults)
  const connections = new Set<{ destroy(): void }>()
  let slice = 0
  let ordinal = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    meters.accepted++
    meters.open++
    const upstream = connect({ host: address, port: arm.upstream.port, allowHalfOpen: true, noDelay: true })
    const joined = joinConnection({
      client,
      upstream,
      faults: faults.open(rng.fork(slice, ordinal++)),
      meters,
      clock,
      wheel,
      closed: () => connections.delete(joined),
    })
    connections.add(joined)
  })
  await listen(server, arm.listen)

  return {
    server,
    setSlice(next) {
      slice = next
      ordinal = 0
    },
    read: (takeDelays) => readMeters(meters, faults.tallies, takeDelays),
    async close() {
      for (const connection of connections) connection.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

function createMeters(): ArmMeters {
  return {
    accepted: 0,
    open: 0,
    upstreamFailures: 0,
    bytesUp: 0,
    bytesDown: 0,
    heldBytes: 0,
    injectedDelay: createHistogram(),
    injectedDelayError: createHistogram(),
  }
}

function readMeters(meters: ArmMeters, tallies: Readonly<Record<string, Tally>>, takeDelays: boolean): ArmReading {
  const { injectedDelay, injectedDelayError, ...counters } = meters
  const delays = takeDelays ? { added: injectedDelay.encode(), error: injectedDelayError.encode() } : null
  if (takeDelays) {
    injectedDelay.reset()
    injectedDelayError.reset()
  }
  return { ...counters, tallies: structuredClone(tallies), delays }
}

/** The faults of an arm: one tally for each, shared by its connections. */
function createFaults(settings: Faults): {
  readonly tallies: Record<string, Tally>
  readonly open: (rng: Rng) => ConnectionFaults
} {
  const keywords = new Set(
    [settings.uplink, settings.downlink, settings.exchange].flatMap((faults) => Object.keys(faults)),
  )
  const tallies = Object.fromEntries([...keywords].map((keyword) => [keyword, emptyTally()]))
  const tallyOf = (keyword: string): Tally => tallies[keyword] ?? emptyTally()
  const stages = (direction: 'uplink' | 'downlink', rng: Rng) =>
    Object.values(streamFaults)
      .filter(({ keyword }) => keyword in settings[direction])
      .map((fault) =>
        fault.stage(settings[direction][fault.keyword], rng.fork(direction, fault.keyword), tallyOf(fault.keyword)),
      )
  return {
    tallies,
    open(rng) {
      const gates = Object.values(exchangeFaults)
        .filter(({ keyword }) => keyword in settings.exchange)
        .map((fault) => fault.gate(settings.exchange[fault.keyword], rng.fork(fault.keyword), tallyOf(fault.keyword)))
      return {
        uplink: stages('uplink', rng),
        downlink: stages('downlink', rng),
        resets: (sizeBytes) => gates.some((gate) => gate(sizeBytes)),
      }
    },
  }
}

async function listen(server: Server, { host, port }: RelayArm['listen']): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port, backlog: 4096 }, resolve)
  await promise.catch((error: unknown) => {
    const taken = systemCode(error) === 'EADDRINUSE'
    throw new SoakrigError(`cannot listen on ${host}:${port}`, {
      code: taken ? 'port-taken' : 'cannot-listen',
      exit: 'environment',
      hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
      cause: error,
    })
  })
}
