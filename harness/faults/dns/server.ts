import type { Buffer } from 'node:buffer'
import { resolveAllowed } from '../../kernel/loopback.ts'
import { type WheelEntry, wheelEntry } from '../../kernel/timer-wheel.ts'
import { createHistogram } from '../../measure/histogram.ts'
import { count } from '../fault-counter.ts'
import { ArmRules } from '../relay/arm-rules.ts'
import type { ArmReading, RelayArm } from '../relay/protocol.ts'
import type { RuleStages } from '../relay/rule-stages.ts'
import type { ArmContext, OpenArm, Transport } from '../relay/transport.ts'
import { answerLike, answerTo, failedAnswer, isMadeUp, plainName, type Query, readQuery } from './answer.ts'
import { type Asked, openDnsSockets } from './sockets.ts'
import { type AskUpstream, upstreamAt } from './upstream.ts'
import { type DnsVerdict, judgeQuery, type Question } from './verdict.ts'

/** An answer that waits. */
interface Held {
  readonly entry: WheelEntry
  readonly bytes: number
}

/**
 * Opens a resolver, UDP and TCP on one port. It answers the names it was given, with the addresses of the family that is
 * asked for; for others it asks `upstream`, or says that they do not exist (NXDOMAIN) where there is none. To rules a
 * query is traffic over UDP to port 53 of the name that it asks for; each is a connection and an exchange at once.
 */
export const openDnsArm: Transport = async (arm, context) => {
  const { upstream } = arm
  const at = upstream && { ...upstream, host: await resolveAllowed(upstream.host, context.allowedHosts) }
  const resolver = new DnsArm(arm, context, at ? upstreamAt(at, context.clock, context.wheel) : null)
  const sockets = await openDnsSockets(arm.listen, (asked) => resolver.ask(asked)).catch((error: unknown) => {
    resolver.close()
    throw error
  })
  const open: OpenArm = {
    port: sockets.port,
    setSlice: (slice, originNs) => resolver.rules.setSlice(slice, originNs),
    setLayers: async (layers) => resolver.rules.setLayers(layers),
    read: (takeDelays) => resolver.read(takeDelays),
    async close() {
      resolver.close()
      await sockets.close()
    },
  }
  return open
}

class DnsArm {
  readonly rules: ArmRules
  readonly #context: ArmContext
  readonly #upstream: AskUpstream | null
  readonly #names: ReadonlyMap<string, readonly string[]>
  readonly #held = new Set<Held>()
  readonly #asking = new Set<() => void>()
  readonly #delays = { asked: createHistogram(), added: createHistogram(), error: createHistogram() }
  #queries = 0
  #upstreamFailures = 0
  #bytesUp = 0
  #bytesDown = 0

  constructor({ arm, layers, names = {} }: RelayArm, context: ArmContext, upstream: AskUpstream | null) {
    this.#context = context
    this.#upstream = upstream
    this.#names = new Map(Object.entries(names).map(([name, addresses]) => [plainName(name), addresses]))
    this.rules = new ArmRules({ arm, layers, context })
  }

  ask(asked: Asked): void {
    const { bytes, overTcp } = asked
    const query = readQuery(bytes)
    this.#bytesUp += bytes.length
    if (!query) {
      count(this.rules.counters, 'dns.unreadable')
      return
    }
    this.#queries++
    const { clock, wheel } = this.#context
    const nowNs = clock.nowNs()
    const question: Question = { name: plainName(query.question.name), type: query.question.type, overTcp }
    let released = false
    const session = this.rules.session(trafficOf(question), {
      hurry: () => {},
      changed: () => {
        // Nothing waits any more for a rule that has gone.
        if (released || acting.every((stages) => stages.isOn(clock.nowNs()))) return
        released = true
        if (waiting?.next) wheel.schedule(waiting, clock.nowNs())
      },
    })
    let waiting: WheelEntry | null = null
    const acting: readonly RuleStages[] = session.begin(null).filter((stages) => stages.isOn(nowNs))
    const verdict = judgeQuery(acting, question, bytes.length, nowNs)
    if (verdict.kind === 'drop') return session.close()
    this.#find(asked, query, verdict, (answer) => {
      const dueNs = released ? clock.nowNs() : nowNs + verdict.delayNs
      waiting = this.#reply(asked, answer, { arrivedNs: nowNs, dueNs, askedNs: verdict.delayNs }, () => session.close())
    })
  }

  read(takeDelays: boolean): ArmReading {
    const { asked, added, error } = this.#delays
    const delays = takeDelays ? { asked: asked.encode(), added: added.encode(), error: error.encode() } : null
    if (takeDelays) for (const histogram of Object.values(this.#delays)) histogram.reset()
    return {
      accepted: this.#queries,
      open: this.#held.size + this.#asking.size,
      upstreamFailures: this.#upstreamFailures,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
      heldBytes: [...this.#held].reduce((sum, { bytes }) => sum + bytes, 0),
      ...this.rules.read(),
      delays,
    }
  }

  close(): void {
    for (const { entry } of this.#held) this.#context.wheel.cancel(entry)
    for (const stop of this.#asking) stop()
    this.#held.clear()
    this.#asking.clear()
    this.rules.close()
    for (const histogram of Object.values(this.#delays)) histogram.destroy()
  }

  /** Finds the answer, here or at another resolver. */
  #find(asked: Asked, query: Query, verdict: DnsVerdict, found: (answer: Buffer) => void): void {
    const { bytes, overTcp } = asked
    const addresses = this.#names.get(plainName(query.question.name)) ?? null
    if (addresses !== null || !this.#upstream || isMadeUp(verdict.kind)) {
      found(answerTo(query, addresses, verdict, overTcp))
      return
    }
    const stop = this.#upstream(bytes, overTcp, (answer) => {
      this.#asking.delete(stop)
      if (answer === null) this.#upstreamFailures++
      found(answer === null ? failedAnswer(query) : answerLike(answer, query, verdict))
    })
    this.#asking.add(stop)
  }

  /** Answers when it is due; gives what waits until then. */
  #reply(
    asked: Asked,
    answer: Buffer,
    { arrivedNs, dueNs, askedNs }: { readonly arrivedNs: number; readonly dueNs: number; readonly askedNs: number },
    over: () => void,
  ): WheelEntry | null {
    const { clock, wheel } = this.#context
    const reply = (): void => {
      this.#bytesDown += answer.length
      asked.reply(answer)
      over()
    }
    if (dueNs <= clock.nowNs()) {
      reply()
      return null
    }
    const entry = wheelEntry((nowNs) => {
      this.#held.delete(held)
      this.#delays.asked.record(askedNs / 1000)
      this.#delays.added.record((nowNs - arrivedNs) / 1000)
      this.#delays.error.record((nowNs - arrivedNs - askedNs) / 1000)
      reply()
    })
    const held: Held = { entry, bytes: answer.length }
    this.#held.add(held)
    wheel.schedule(entry, dueNs)
    return entry
  }
}

function trafficOf({ name }: Question) {
  return { protocol: 'udp', host: name, address: null, port: 53, sni: null } as const
}
