import { type Waiter, WaitingLine } from '../../kernel/waiting-line.ts'
import { type Decision, decisions } from '../policy.ts'

/** What slots were asked for and what came of it: total = accepted + rejected + timedOut + abandoned + who still waits. */
export interface SlotTally {
  total: number
  /** Got a slot, at once or after a wait. */
  accepted: number
  /** Refused at once: no slot, none to come back from a sibling, and no place in the line. */
  rejected: number
  /** Waited as long as one may, or longer than anybody waited for them. */
  timedOut: number
  /** Waited at first, whatever came of it. */
  queued: number
  /** Left the line by themselves. */
  abandoned: number
}

/** The highest that something was in any one compartment; whoever reads them sets them back. */
export interface SlotPeaks {
  active: number
  queued: number
}

/** How many may be at work at once in a compartment. */
export interface SlotLimits {
  /** Its own slots. */
  readonly own: number
  /** With those of its siblings that are idle; `own` where it may not borrow. */
  readonly ceiling: number
}

/** One compartment: its slots, and the line of whoever finds none. First come, first served; nobody overtakes. */
export class Slots {
  readonly tally: SlotTally = { total: 0, accepted: 0, rejected: 0, timedOut: 0, queued: 0, abandoned: 0 }
  readonly line = new WaitingLine<Slots>()
  readonly #group: SlotGroup
  readonly #maxQueue: number
  #limits: SlotLimits
  #active = 0

  constructor(group: SlotGroup, limits: SlotLimits, maxQueue: number) {
    this.#group = group
    this.#limits = limits
    this.#maxQueue = maxQueue
  }

  /** How many are at work, those included whose work goes on after it was given up. */
  get active(): number {
    return this.#active
  }

  get limits(): SlotLimits {
    return this.#limits
  }

  /** Asks for a slot: `proceed` with one, `wait` in the line, `settle` when refused. */
  enter(waiter: Waiter<Slots>): Decision {
    this.tally.total++
    if (this.line.length === 0 && this.#group.admits(this)) {
      this.take()
      return decisions.proceed
    }
    if (this.line.length >= this.#maxQueue + this.#lent) {
      this.tally.rejected++
      return decisions.settle
    }
    this.line.append(waiter)
    this.tally.queued++
    this.#group.peaks.queued = Math.max(this.#group.peaks.queued, this.line.length)
    return decisions.wait
  }

  /** Its own slots that siblings work in. Whoever they belong to waits for them, however few may wait for a slot. */
  get #lent(): number {
    return Math.max(0, this.#limits.own - this.#active)
  }

  /** Takes the slot that a waiter is being told of; within `granted`, which may also leave it. */
  take(): void {
    this.tally.accepted++
    this.#active++
    this.#group.moved(1)
    this.#group.peaks.active = Math.max(this.#group.peaks.active, this.#active)
  }

  /** Gives a slot back. Who waits for it is told within the call, unless this is called by one who is being told. */
  leave(nowNs: number): void {
    this.#active--
    this.#group.moved(-1)
    this.#group.grant(nowNs)
  }

  /** Gives out what a new limit has brought, to be called where no slot comes back at that moment. */
  giveOut(nowNs: number): void {
    this.#group.grant(nowNs)
  }

  /** Leaves the line. */
  withdraw(waiter: Waiter<Slots>): void {
    this.tally.abandoned++
    this.line.withdraw(waiter)
  }

  /** Leaves the line since it has taken too long; also within `granted`, where the line was left already. */
  expire(waiter: Waiter<Slots>): void {
    this.tally.timedOut++
    this.line.withdraw(waiter)
  }

  /** Changes how many slots there are; who works on beyond them is not ended. New ones are given out by `leave` and `giveOut`. */
  resize(limits: SlotLimits): void {
    this.#group.resized(limits.own - this.#limits.own)
    this.#limits = limits
  }
}

/**
 * Compartments that lend each other idle slots: a compartment may have more than its own up to its ceiling, while all
 * together never have more than all slots. A lent slot is not taken back from its work; whoever wants it back waits for it,
 * and once free it goes to compartments below their own number first. One compartment by itself is a group of one.
 */
export class SlotGroup {
  readonly peaks: SlotPeaks
  readonly #members: Slots[] = []
  #total = 0
  #active = 0
  #granting = false
  /** Where the last slot went: the search goes on behind it, so that each has its turn. */
  #last = 0

  constructor(peaks: SlotPeaks) {
    this.peaks = peaks
  }

  add(limits: SlotLimits, maxQueue: number): Slots {
    const slots = new Slots(this, limits, maxQueue)
    this.#members.push(slots)
    this.#total += limits.own
    return slots
  }

  /** Whether there is a slot for a newcomer. */
  admits(slots: Slots): boolean {
    if (this.#active >= this.#total) return false
    if (slots.active < slots.limits.own) return true
    return slots.active < slots.limits.ceiling && !this.#members.some(isOwed)
  }

  moved(by: number): void {
    this.#active += by
  }

  resized(by: number): void {
    this.#total += by
  }

  /** Gives out what is free. What is freed meanwhile is given out by the loop that runs, so that nothing recurses. */
  grant(nowNs: number): void {
    if (this.#granting) return
    this.#granting = true
    try {
      for (let next = this.#next(); next; next = this.#next()) next.line.take()?.granted(next, nowNs)
    } finally {
      this.#granting = false
    }
  }

  #next(): Slots | null {
    if (this.#active >= this.#total) return null
    return this.#find(isOwed) ?? this.#find(mayBorrow)
  }

  #find(wanted: (slots: Slots) => boolean): Slots | null {
    const count = this.#members.length
    for (let step = 1; step <= count; step++) {
      const index = (this.#last + step) % count
      const slots = this.#members[index] as Slots
      if (!wanted(slots)) continue
      this.#last = index
      return slots
    }
    return null
  }
}

/** Somebody waits there for a slot that is the compartment's own. */
function isOwed({ line, active, limits }: Slots): boolean {
  return line.length > 0 && active < limits.own
}

function mayBorrow({ line, active, limits }: Slots): boolean {
  return line.length > 0 && active < limits.ceiling
}
