import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { HttpKnobs } from './knobs.ts'
import type { Reply } from './routes.ts'

/** What the knobs do to requests. */
export interface Behaviour {
  /** False when the knobs do nothing, so that a request can be answered at once. */
  readonly active: boolean
  readonly leakedBytes: number
  /** Carries out the knobs for one request and calls back, once, with what is to be answered. */
  apply(reply: Reply, answer: (reply: Reply) => void): void
}

/** How long answers are held at a moment of the stall's period, which ends with the stall; 0 outside of it. */
export function heldNs(stall: HttpKnobs['stall'], elapsedNs: number): number {
  if (!stall) return 0
  const leftNs = stall.everyNs - (elapsedNs % stall.everyNs)
  return leftNs <= stall.forNs ? leftNs : 0
}

/** Makes the behaviour of one server; stalls count from now. */
export function createBehaviour(knobs: HttpKnobs, { clock, rng }: { clock: Clock; rng: Rng }): Behaviour {
  const startNs = clock.nowNs()
  const leaked: Buffer[] = []

  const spend = (): void => {
    const endNs = clock.nowNs() + knobs.cpuTimeNs
    while (knobs.cpuTimeNs > 0 && clock.nowNs() < endNs);
  }
  const finish = (reply: Reply, answer: (reply: Reply) => void): void => {
    spend()
    const failed = knobs.errorShare > 0 && rng.next() < knobs.errorShare
    const final = failed ? { status: knobs.errorStatus, body: 'error by knob' } : reply
    const waitNs = heldNs(knobs.stall, clock.nowNs() - startNs)
    if (waitNs > 0) clock.after(waitNs, () => answer(final))
    else answer(final)
  }

  return {
    active:
      knobs.serviceTimeNs > 0 ||
      knobs.cpuTimeNs > 0 ||
      knobs.errorShare > 0 ||
      knobs.leakBytes > 0 ||
      knobs.stall !== undefined,
    get leakedBytes() {
      return leaked.length * knobs.leakBytes
    },
    apply: (reply, answer) => {
      // Filled with something else than zeros, or the pages would never become resident.
      if (knobs.leakBytes > 0) leaked.push(Buffer.alloc(knobs.leakBytes, 1))
      const waitNs = knobs.serviceTimeNs + (reply.delayMs ?? 0) * nsPerMs
      if (waitNs > 0) clock.after(waitNs, () => finish(reply, answer))
      else finish(reply, answer)
    },
  }
}
