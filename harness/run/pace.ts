import type { ArmMeasurement, Throughput } from '../measure/measurements.ts'

type Measured = Pick<ArmMeasurement, 'throughput'>

const nothing: Throughput = { ok: 0, iterations: 0, ns: 0 }

/**
 * What the rates of one life of the target are shares of. Once asked for, the throughput of an arm stays as it was then, so
 * that all slices of the life are asked the same.
 */
export class Pace {
  readonly #reached = new Map<string, Throughput>()
  readonly #asked = new Map<string, Throughput>()

  /** Adds what an arm has reached in the run before and after a slice of this life. */
  add(arm: string, before: Throughput, after: Throughput): void {
    const { ok, iterations, ns } = this.#reached.get(arm) ?? nothing
    this.#reached.set(arm, {
      ok: ok + after.ok - before.ok,
      iterations: iterations + after.iterations - before.iterations,
      ns: ns + after.ns - before.ns,
    })
  }

  of(arm: string): Measured {
    const throughput = this.#asked.get(arm) ?? this.#reached.get(arm) ?? nothing
    this.#asked.set(arm, throughput)
    return { throughput }
  }
}
