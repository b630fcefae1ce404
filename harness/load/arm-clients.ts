import { SoakrigError } from '../kernel/errors.ts'
import type { Rng } from '../kernel/rng.ts'
import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { Client } from '../resilience/client.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import { openUserPolicies, policyFiles } from '../resilience/use/module.ts'
import type { UserPolicies } from '../resilience/use/user-policy.ts'
import type { SliceTask } from './protocol.ts'

/** How long policies of one's own may take to be made; a `createPolicy` that awaits something forever never is. */
const makingLimitNs = 30 * nsPerSecond

/** The clients of one worker: an arm has one for as long as its target lives, whatever other arms run in between. */
export class ArmClients {
  readonly #wheel: TimerWheel
  readonly #clients = new Map<string, Client>()
  #life = -1

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  /** The client of a slice. Rejects with `policy-not-usable` (107) where a policy of one's own cannot be had, or not in time. */
  async of({ arm, life, client, readEveryNs }: SliceTask, rng: Rng): Promise<Client> {
    if (life !== this.#life) this.#clients.clear()
    this.#life = life
    const known = this.#clients.get(arm)
    if (known) return known
    const userPolicies = await this.#policiesOf(client)
    const made = new Client(client, {
      wheel: this.#wheel,
      rng: rng.fork(arm, life, 'client'),
      userPolicies,
      watched: readEveryNs !== undefined,
    })
    this.#clients.set(arm, made)
    return made
  }
  async #policiesOf(client: ClientPolicies): Promise<UserPolicies> {
    const late = Promise.withResolvers<never>()
    const patience = wheelEntry(() => late.reject(notMade(policyFiles(client))))
    this.#wheel.schedule(patience, this.#wheel.nowNs() + makingLimitNs)
    try {
      return await Promise.race([openUserPolicies(client), late.promise])
    } finally {
      this.#wheel.cancel(patience)
    }
  }
}

function notMade(files: readonly string[]): SoakrigError {
  return new SoakrigError(`the policy ${files.join(' or ')} was not made within ${makingLimitNs / nsPerSecond} s`, {
    code: 'policy-not-usable',
    exit: 'userScript',
    hint: 'createPolicy must return, or resolve with, the policy.',
  })
}
