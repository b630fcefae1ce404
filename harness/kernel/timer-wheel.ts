import type { Clock, Timer } from './clock.ts'

const slots = 1024
const slotNs = 1e6

/** An entry in a wheel; made once by its owner and scheduled again and again, so that a wait allocates nothing. */
export interface WheelEntry {
  /** Absolute due time on the wheel's clock; meaningful while scheduled. */
  dueNs: number
  /** Called once when due, with the time of waking; never early. */
  readonly fire: (nowNs: number) => void
  /** Links of the slot's ring; null while not scheduled. Owned by the wheel. */
  next: WheelEntry | null
  previous: WheelEntry | null
}

/** Makes an entry that is not scheduled yet. */
export function wheelEntry(fire: (nowNs: number) => void): WheelEntry {
  return { dueNs: 0, fire, next: null, previous: null }
}

/**
 * Many timers behind one: scheduling and cancelling cost O(1) and allocate nothing. A hashed wheel of 1 ms slots
 * (Varghese and Lauck 1987, scheme 6); entries further ahead than one turn stay in their slot for a later turn. Slots are
 * where entries are looked for, not when they fire: how late that is depends on the clock alone.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #heads: WheelEntry[] = Array.from({ length: slots }, () => ring())
  /** What is due in the slot that is being fired, and has not been fired. */
  readonly #firing = ring()
  readonly #wake = (): void => this.#fireDue()
  readonly #disarmIdle = (): void => this.#disarmWhenIdle()
  #size = 0
  /** While entries are fired nothing is armed: that is done once, for the first of what is left. */
  #waking = false
  #idleChecked = false
  #tick: number
  #armed: Timer | undefined
  #armedNs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#tick = tickOf(clock.nowNs())
  }

  /** The time of its clock, for whoever is called back by something else than an entry. */
  nowNs(): number {
    return this.#clock.nowNs()
  }

  /** How many entries are scheduled. */
  get size(): number {
    return this.#size
  }

  /** Schedules an entry, moving it when it was scheduled already. */
  schedule(entry: WheelEntry, dueNs: number): void {
    if (entry.next) this.cancel(entry)
    entry.dueNs = dueNs
    // A due time in the past goes into the slot that is looked at next.
    append(this.#heads[Math.max(tickOf(dueNs), this.#tick) % slots] as WheelEntry, entry)
    this.#size++
    if (dueNs < this.#armedNs && !this.#waking) this.#arm(dueNs)
  }

  /** Takes an entry out; nothing happens when it is not scheduled. */
  cancel(entry: WheelEntry): void {
    if (!entry.next || !entry.previous) return
    unlink(entry)
    this.#size--
    if (this.#size > 0 || !this.#armed || this.#idleChecked) return
    // Not at once: who cancels the only entry often schedules the next one, and arming costs more than looking again.
    this.#idleChecked = true
    queueMicrotask(this.#disarmIdle)
  }

  /** Cancels everything. */
  clear(): void {
    for (const head of [this.#firing, ...this.#heads]) while (head.next && head.next !== head) this.cancel(head.next)
    this.#disarm()
  }

  #arm(dueNs: number): void {
    const before = this.#armed
    this.#armedNs = dueNs
    this.#armed = this.#clock.after(Math.max(0, dueNs - this.#clock.nowNs()), this.#wake)
    // After the new one is there: a clock without any timer is made ready for the process to end.
    before?.cancel()
  }

  #disarm(): void {
    this.#armed?.cancel()
    this.#armed = undefined
    this.#armedNs = Number.POSITIVE_INFINITY
  }

  #disarmWhenIdle(): void {
    this.#idleChecked = false
    if (this.#size === 0) this.#disarm()
  }

  #fireDue(): void {
    this.#armed = undefined
    this.#armedNs = Number.POSITIVE_INFINITY
    const nowNs = this.#clock.nowNs()
    const last = tickOf(nowNs)
    const first = Math.max(this.#tick, last - slots + 1)
    this.#waking = true
    try {
      for (let tick = first; tick <= last; tick++) {
        // What is scheduled into the past while firing lands in this slot, and so is due as soon as this turn has ended.
        this.#tick = tick
        this.#fireSlot(tick, nowNs)
      }
    } finally {
      // Also when an entry has thrown: the others are still due.
      this.#waking = false
      this.#rearm()
    }
  }

  #fireSlot(tick: number, nowNs: number): void {
    const head = this.#heads[tick % slots] as WheelEntry
    const firing = this.#firing
    for (let entry = head.next as WheelEntry; entry !== head;) {
      const next = entry.next as WheelEntry
      if (entry.dueNs <= nowNs) {
        unlink(entry)
        append(firing, entry)
      }
      entry = next
    }
    // Firing may cancel or move any other entry, so that only the first of the ring is ever held.
    for (let entry = firing.next as WheelEntry; entry !== firing; entry = firing.next as WheelEntry) {
      unlink(entry)
      this.#size--
      entry.fire(nowNs)
    }
  }

  /** Looks for the next due entry: the first slot from here with one due within a turn, else the earliest of all. */
  #rearm(): void {
    if (this.#size === 0) return
    // An entry that has thrown leaves behind it what was to be fired next.
    const left = this.#firing.next as WheelEntry
    let earliest = left === this.#firing ? Number.POSITIVE_INFINITY : left.dueNs
    for (let step = 0; step < slots; step++) {
      const tick = this.#tick + step
      const head = this.#heads[tick % slots] as WheelEntry
      for (let entry = head.next as WheelEntry; entry !== head; entry = entry.next as WheelEntry) {
        if (entry.dueNs < earliest) earliest = entry.dueNs
      }
      if (earliest < (tick + 1) * slotNs) break
    }
    if (earliest < this.#armedNs) this.#arm(earliest)
  }
}

function tickOf(ns: number): number {
  return Math.floor(ns / slotNs)
}

function append(head: WheelEntry, entry: WheelEntry): void {
  const last = head.previous as WheelEntry
  entry.previous = last
  entry.next = head
  last.next = entry
  head.previous = entry
}

function unlink(entry: WheelEntry): void {
  const { next, previous } = entry
  if (!next || !previous) return
  previous.next = next
  next.previous = previous
  entry.next = null
  entry.previous = null
}

function ring(): WheelEntry {
  const head = wheelEntry(() => {})
  head.next = head
  head.previous = head
  return head
}
