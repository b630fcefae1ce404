/** What a pool without a minimum, checks and lifetimes does, written down as plainly as can be: arrays, no timers. */
export class PoolModel {
  nowMs = 0
  /** Resources by when they were made; the idle ones by when they were used. */
  readonly connecting: { readonly id: number; readonly user: number }[] = []
  readonly leased: { readonly id: number; readonly user: number; broken: boolean }[] = []
  idle: { readonly id: number; readonly sinceMs: number }[] = []
  line: { readonly user: number; readonly sinceMs: number }[] = []
  /** What users were told, in order. */
  readonly told: string[] = []
  closed = false
  made = 0
  acquired = 0
  released = 0
  stray = 0
  created = 0
  ended = 0
  waitMs = 0
  readonly #max: number
  readonly #order: 'lifo' | 'fifo'
  readonly #acquireTimeoutMs: number
  readonly #idleTimeoutMs: number

  constructor(max: number, order: 'lifo' | 'fifo', acquireTimeoutMs: number, idleTimeoutMs: number) {
    this.#max = max
    this.#order = order
    this.#acquireTimeoutMs = acquireTimeoutMs
    this.#idleTimeoutMs = idleTimeoutMs
  }

  acquire(user: number): void {
    if (this.closed) this.told.push(`${user} closed`)
    else {
      this.line.push({ user, sinceMs: this.nowMs })
      this.#serve()
    }
  }

  release(user: number): void {
    const held = this.#take(user)
    if (!held) this.stray++
    else if (held.broken) this.ended++
    else this.idle.push({ id: held.id, sinceMs: this.nowMs })
    this.#serve()
  }

  destroy(user: number): void {
    const waiting = this.line.find((one) => one.user === user)
    const pending = this.connecting.findIndex((one) => one.user === user)
    if (waiting) {
      this.line = this.line.filter((one) => one !== waiting)
      this.waitMs += this.nowMs - waiting.sinceMs
    }
    if (pending >= 0) this.connecting.splice(pending, 1)
    if (this.#take(user)) this.ended++
    this.#serve()
  }

  opened(id: number): void {
    const slot = this.#takeConnecting(id)
    if (!slot) return
    this.created++
    this.#grant(slot.user, id)
  }

  lost(id: number): void {
    const slot = this.#takeConnecting(id)
    const used = this.leased.find((one) => one.id === id)
    if (used) used.broken = true
    this.#closeIdle((one) => one.id === id)
    this.#serve()
    if (slot) this.told.push(`${slot.user} failed`)
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left--) {
      this.nowMs++
      this.#closeIdle(({ sinceMs }) => this.nowMs - sinceMs >= this.#idleTimeoutMs)
      const over = this.line.filter(({ sinceMs }) => this.nowMs - sinceMs >= this.#acquireTimeoutMs)
      this.line = this.line.filter((one) => !over.includes(one))
      for (const { user, sinceMs } of over) {
        this.told.push(`${user} timeout`)
        this.waitMs += this.nowMs - sinceMs
      }
    }
  }

  close(): void {
    this.closed = true
    this.ended += this.idle.length + this.leased.length
    this.released += this.leased.length
    this.waitMs += this.line.reduce((sum, { sinceMs }) => sum + this.nowMs - sinceMs, 0)
    for (const { user } of [...this.line, ...this.connecting]) this.told.push(`${user} closed`)
    for (const list of [this.idle, this.leased, this.connecting, this.line]) list.length = 0
  }

  #serve(): void {
    for (let [first] = this.line; first; [first] = this.line) {
      const idle = this.#order === 'lifo' ? this.idle.at(-1) : this.idle[0]
      if (!idle && this.idle.length + this.leased.length + this.connecting.length >= this.#max) return
      this.line.shift()
      this.waitMs += this.nowMs - first.sinceMs
      if (idle) {
        this.idle = this.idle.filter((one) => one !== idle)
        this.#grant(first.user, idle.id)
      } else this.connecting.push({ id: this.made++, user: first.user })
    }
  }

  #grant(user: number, id: number): void {
    this.acquired++
    this.leased.push({ id, user, broken: false })
    this.told.push(`${user} has ${id}`)
  }

  #takeConnecting(id: number) {
    const at = this.connecting.findIndex((one) => one.id === id)
    return at < 0 ? undefined : this.connecting.splice(at, 1)[0]
  }

  #take(user: number) {
    const at = this.leased.findIndex((one) => one.user === user)
    if (at < 0) return undefined
    this.released++
    return this.leased.splice(at, 1)[0]
  }

  #closeIdle(which: (one: { readonly id: number; readonly sinceMs: number }) => boolean): void {
    const gone = this.idle.filter(which)
    this.idle = this.idle.filter((one) => !gone.includes(one))
    this.ended += gone.length
  }
}
