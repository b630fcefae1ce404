import { Worker } from 'node:worker_threads'
import { realClock, type Timer } from './clock.ts'
import { cellCount, dueCell, dueTick, longestWaitNs, message, upCell } from './due-cell.ts'

/** The thread makes nothing that lasts: a small nursery keeps what it costs small. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 }

/**
 * Calls back at one moment after another, some 0.05 ms late: a thread sleeps until then in Atomics.wait and sends a
 * message. While the thread starts (some 50 ms), when it has failed and once it was closed, setTimeout does its work.
 */
export class Alarm {
  readonly #ring: () => void
  readonly #cells = new Int32Array(new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT))
  readonly #worker: Worker
  /** False once the thread has ended. */
  #threaded = true
  /** The moment that is set; Infinity for none. */
  #dueNs = Number.POSITIVE_INFINITY
  /** What the cell holds, or Infinity when it may be empty: no thread sleeps longer than until then. */
  #toldNs = Number.POSITIVE_INFINITY
  #held = false
  #immediate: NodeJS.Immediate | undefined
  #substitute: Timer | undefined

  /** `ring` may come without need: whoever is called looks at the time, and sets or unsets the alarm again. */
  constructor(ring: () => void) {
    this.#ring = ring
    const { url } = import.meta
    this.#worker = new Worker(new URL(`timer-thread${url.slice(url.lastIndexOf('.'))}`, url), {
      name: 'timer',
      workerData: this.#cells,
      execArgv: [],
      resourceLimits,
    })
    this.#worker.on('message', (told: number) => {
      if (told !== message.ring) return
      this.#toldNs = Number.POSITIVE_INFINITY
      this.#ring()
    })
    this.#worker.on('error', () => this.#loseThread())
    this.#worker.on('exit', () => this.#loseThread())
    // After its listeners are there: the first one for messages keeps the process alive again.
    this.#worker.unref()
  }

  /** Rings at `dueNs` and not at the time set before; until then it keeps the process alive. */
  set(dueNs: number): void {
    const nowNs = realClock.nowNs()
    this.#clear()
    this.#dueNs = dueNs
    this.#hold(true)
    if (dueNs <= nowNs) this.#immediate = setImmediate(this.#ring)
    else {
      if (this.#threaded) this.#tell(Math.min(dueNs, nowNs + longestWaitNs))
      if (!this.#threaded || !this.#running()) this.#substitute = realClock.after(dueNs - nowNs, this.#ring)
    }
  }

  /** Nothing is due; the process is free to end. A ring that is on its way may still come, and no second one. */
  unset(): void {
    this.#clear()
    this.#dueNs = Number.POSITIVE_INFINITY
    this.#hold(false)
  }

  /** Ends the thread. */
  close(): void {
    void this.#worker.terminate()
    this.#loseThread()
  }

  /**
   * A thread that sleeps towards an earlier time is left asleep: it reads the cell when that has come. The thread may have
   * emptied the cell unseen; then its message is on its way, and what is set after it is told with a notification.
   */
  #tell(dueNs: number): void {
    Atomics.store(this.#cells, dueCell, dueTick(dueNs))
    if (dueNs < this.#toldNs) Atomics.notify(this.#cells, dueCell)
    this.#toldNs = dueNs
  }

  #running(): boolean {
    return Atomics.load(this.#cells, upCell) === 1
  }

  #clear(): void {
    if (this.#immediate) clearImmediate(this.#immediate)
    this.#substitute?.cancel()
    this.#immediate = undefined
    this.#substitute = undefined
  }

  #hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    if (held) this.#worker.ref()
    else this.#worker.unref()
  }

  #loseThread(): void {
    if (!this.#threaded) return
    this.#threaded = false
    this.#worker.unref()
    if (this.#dueNs < Number.POSITIVE_INFINITY) this.set(this.#dueNs)
  }
}
