import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { Action } from '../fault.ts'
import type { Traffic } from '../match.ts'
import { ActingRules } from './acting-rules.ts'
import type { ArmRules } from './arm-rules.ts'
import { RelayDirection } from './direction.ts'
import type { ArmMeters } from './meters.ts'
import { Moments } from './moments.ts'
import type { RuleStages } from './rule-stages.ts'
import type { SessionRules } from './session-rules.ts'
import { type Arrival, sizeOf, SocketPair } from './socket-pair.ts'
import { Turns } from './turns.ts'
import { WaitingRoom } from './waiting-room.ts'

/** A connection that hangs for ever, and whose client has ended, is given up after this. */
const abandonedNs = 200 * nsPerMs

/** So long a connection that we have ended waits for its peers to do so. */
const lingerNs = 500 * nsPerMs

/** The two sockets that a relayed connection joins, and what it runs on. */
export interface ConnectionOptions {
  readonly client: Socket
  readonly upstream: Socket
  readonly rules: ArmRules
  readonly traffic: Traffic
  readonly meters: ArmMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly closed: () => void
}

/** Why what comes in does not pass: it waits until a hang is over, or goes nowhere since the connection ends. */
type Gate = { readonly kind: 'hang'; readonly by: RuleStages; readonly endless: boolean } | { readonly kind: 'discard' }

/** A client's connection and the one to the target. Each direction ends for itself; a reset passes to both. */
export class RelayConnection {
  readonly #options: ConnectionOptions
  readonly #sockets: SocketPair
  readonly #session: SessionRules
  readonly #up: RelayDirection
  readonly #down: RelayDirection
  readonly #rules: ActingRules
  readonly #turns: Turns
  readonly #moments: Moments
  readonly #room = new WaitingRoom()
  #gate: Gate | null = null

  constructor(options: ConnectionOptions) {
    const { client, upstream, rules, traffic, meters, clock, wheel } = options
    this.#options = options
    const discarded = (bytes: number): void => this.#discard(bytes)
    const common = { meters, clock, wheel, discarded }
    this.#up = new RelayDirection({ direction: 'uplink', from: client, to: upstream, ...common })
    this.#down = new RelayDirection({ direction: 'downlink', from: upstream, to: client, ...common })
    this.#moments = new Moments(wheel)
    this.#session = rules.session(traffic, {
      hurry: (direction) => (direction === 'uplink' ? this.#up : this.#down).hurry(),
      act: (action, by) => this.#act(action, by),
      changed: () => this.#rulesChanged(),
    })
    this.#rules = new ActingRules({
      session: this.#session,
      clock,
      use: (acting) => {
        this.#up.use(acting)
        this.#down.use(acting)
      },
      act: (action, by) => this.#act(action, by),
    })
    this.#turns = new Turns({
      session: this.#session,
      rules: this.#rules,
      up: this.#up,
      down: this.#down,
      clock,
      wheel,
      isOpen: () => this.#gate === null,
      pass: (bytes) => this.#arrive(this.#up, bytes),
    })
    this.#sockets = new SocketPair(client, upstream, {
      up: (what) => this.#fromClient(what),
      down: (what) => this.#fromTarget(what),
      // One that is being ended goes on with the other side.
      clientLost: () => this.#gate?.kind !== 'discard' && this.destroy(),
      unreached: () => meters.upstreamFailures++,
      closed: () => this.#closed(),
    })
    if (!this.#session.asksServerName) this.#rules.open()
  }

  /** Resets both sides at once. */
  destroy(): void {
    this.#drop()
    this.#sockets.reset()
  }

  #closed(): void {
    this.#drop()
    this.#session.close()
    this.#options.meters.open--
    this.#options.closed()
  }

  #fromClient(what: Buffer | 'end'): void {
    this.#options.meters.bytesUp += sizeOf(what)
    this.#arrive(this.#up, what)
    if (what === 'end') this.#abandonEndless()
  }

  #fromTarget(what: Arrival): void {
    this.#options.meters.bytesDown += sizeOf(what)
    this.#arrive(this.#down, what)
  }

  #arrive(to: RelayDirection, what: Arrival): void {
    if (this.#gate === null) this.#pass(to, what)
    else if (this.#gate.kind === 'hang') this.#room.add(to, what)
    else this.#discard(sizeOf(what))
  }

  #pass(to: RelayDirection, what: Arrival): void {
    if (what === 'reset') {
      this.destroy()
      return
    }
    if (what === 'end') {
      this.#passEnd(to)
      return
    }
    const bytes = this.#turns.take(to.direction, what)
    if (bytes === null) return
    this.#rules.refresh()
    // What has just been decided may have closed the gate.
    if (this.#gate !== null) this.#arrive(to, bytes)
    else if (!this.#stopped(to, bytes)) to.receive(bytes)
  }

  #passEnd(to: RelayDirection): void {
    if (to === this.#up && this.#turns.end()) {
      // What has just been decided may have closed the gate.
      this.#arrive(to, 'end')
      return
    }
    this.#rules.refresh()
    to.finish()
  }

  /** Whether the faults of the connection stop some of these bytes; then what is to be done about it is done. */
  #stopped(to: RelayDirection, bytes: Buffer): boolean {
    const stop = this.#rules.stop(to.direction, bytes.length)
    if (!stop) return false
    const pass = Math.min(stop.pass, bytes.length)
    if (pass > 0) to.receive(bytes.subarray(0, pass))
    this.#act(stop.then, stop.by, to)
    if (pass < bytes.length) this.#arrive(to, bytes.subarray(pass))
    return true
  }

  #rulesChanged(): void {
    const nowNs = this.#options.clock.nowNs()
    this.#rules.changed()
    this.#moments.forget(nowNs)
    this.#up.release(nowNs)
    this.#down.release(nowNs)
    if (this.#gate?.kind === 'hang' && !this.#gate.by.isOn(nowNs)) this.#release()
    this.#turns.lookAgain()
  }

  /** Does an action of a fault; where a direction is given, after all that it has taken has left. */
  #act(action: Action, by: RuleStages, after?: RelayDirection): void {
    if (this.#gate?.kind === 'discard') return
    if (action.kind === 'hang') {
      if (this.#gate === null) this.#hang(action, by)
      return
    }
    const end = (): void => (action.kind === 'reset' ? this.destroy() : this.#close())
    const endLater = (wantedBy: RuleStages | null): void => {
      if (action.afterNs > 0) this.#moments.add(this.#options.clock.nowNs() + action.afterNs, end, wantedBy)
      else end()
    }
    if (!after) {
      endLater(by)
      return
    }
    // From here nothing passes: it ends also when its rule goes.
    this.#gate = { kind: 'discard' }
    after.afterAll(() => endLater(null))
  }

  #hang({ untilNs, then }: Action & { readonly kind: 'hang' }, by: RuleStages): void {
    const gate = { kind: 'hang', by, endless: untilNs === Number.POSITIVE_INFINITY } as const
    this.#gate = gate
    if (!gate.endless) {
      const over = (): void => {
        if (this.#gate !== gate) return
        if (then === 'release') this.#release()
        else if (then === 'close') this.#close()
        else this.destroy()
      }
      this.#moments.add(untilNs, over, by)
      return
    }
    // Not yet where the end is only just on its way here.
    if (this.#sockets.client.readableEnded) this.#abandonEndless()
  }

  /** Gives up a hang without end whose client has ended: nobody would. */
  #abandonEndless(): void {
    const nowNs = this.#options.clock.nowNs()
    if (this.#gate?.kind !== 'hang' || !this.#gate.endless) return
    if (this.#gate.by.state.nextEdgeNs(nowNs) < Number.POSITIVE_INFINITY) return
    const abandon = (): void => {
      this.#drop()
      this.#sockets.destroy()
    }
    this.#moments.add(nowNs + abandonedNs, abandon, this.#gate.by)
  }

  #release(): void {
    this.#gate = null
    // The gate may be closed again by what is let through.
    this.#room.take((to, what) => this.#arrive(to, what))
  }

  /** Ends both directions after what has been let through. */
  #close(): void {
    this.#gate = { kind: 'discard' }
    this.#discardWaiting()
    let left = 2
    const ended = (): void => {
      if (--left > 0) return
      this.#moments.add(this.#options.clock.nowNs() + lingerNs, () => this.#sockets.destroy())
    }
    for (const direction of [this.#up, this.#down]) {
      direction.finish()
      direction.afterAll(ended)
    }
  }

  /** Lets go of all that is held; nothing of it calls back any more. */
  #drop(): void {
    this.#gate = { kind: 'discard' }
    this.#moments.clear()
    this.#discardWaiting()
    this.#up.destroy()
    this.#down.destroy()
  }

  #discardWaiting(): void {
    this.#room.take((_to, what) => this.#discard(sizeOf(what)))
    this.#discard(this.#turns.discard())
  }

  #discard(bytes: number): void {
    if (bytes === 0) return
    const { counters } = this.#options.rules
    counters['tcp.discardedBytes'] = (counters['tcp.discardedBytes'] ?? 0) + bytes
  }
}
