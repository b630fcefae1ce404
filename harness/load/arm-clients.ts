import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import { Client } from '../resilience/client.ts'
import { openUserPolicies } from '../resilience/use/module.ts'
import type { SliceTask } from './protocol.ts'

/** The clients of one worker: an arm has one for as long as its target lives, whatever other arms run in between. */
export class ArmClients {
  readonly #wheel: TimerWheel
  readonly #clients = new Map<string, Client>()
  #life = -1

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  /** The client of a slice. Rejects with `policy-not-usable` (107) where a policy of one's own cannot be had. */
  async of({ arm, life, client, readEveryNs }: SliceTask, rng: Rng): Promise<Client> {
    if (life !== this.#life) this.#clients.clear()
    this.#life = life
    const known = this.#clients.get(arm)
    if (known) return known
    const userPolicies = await openUserPolicies(client)
    const made = new Client(client, {
      wheel: this.#wheel,
      rng: rng.fork(arm, life, 'client'),
      userPolicies,
      watched: readEveryNs !== undefined,
    })
    this.#clients.set(arm, made)
    return made
  }
}
