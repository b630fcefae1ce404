import { messageOf } from '../../kernel/errors.ts'
import type { Rng } from '../../kernel/rng.ts'
import { wheelEntry, type WheelEntry } from '../../kernel/timer-wheel.ts'
import { durationNs } from '../../kernel/units.ts'
import { failure } from '../../resilience/outcome.ts'
import type { FeedCursor, FeedRow } from '../../workload/feed-rows.ts'
import type { ProtocolName, WorkloadRequest } from '../../workload/workload.ts'
import type { Driver } from '../driver.ts'
import type { OperationContext } from '../operation.ts'
import type { IterationEnd, LoadUser, UserOwner } from '../user.ts'
import { ScriptCalls } from './calls.ts'
import type { ScriptContext, ScriptData, ScriptHttp } from './context.ts'
import { Interrupted } from './escape.ts'
import type { Script } from './module.ts'
import type { ScriptReply } from './reply.ts'
import { httpRequest, tcpRequest, webSocketRequest } from './requests.ts'

/** An iteration that waits for nothing would keep everything else from running. */
const idleIterationNs = 1e6

/** What the users of one slice share. */
export interface ScriptUserContext extends OperationContext {
  readonly script: Script
  /** The driver of a protocol, opened when it is first asked for; undefined for one that the script may not use. */
  readonly driverOf: (protocol: ProtocolName) => Promise<Driver> | undefined
  readonly variables: Readonly<Record<string, string>>
  readonly feeds: ReadonlyMap<string, FeedCursor>
  /** The index under which a name is counted. */
  readonly indexOf: (name: string) => number
  /** Under which a failure of the script itself is counted. */
  readonly scriptName: string
}

/** How an iteration that began has ended. */
type ScriptEnd = Exclude<IterationEnd, 'exhausted'>

/** Runs a script's iterations, one at a time. */
export class ScriptUser implements LoadUser {
  readonly #context: ScriptUserContext
  readonly #owner: UserOwner
  readonly #rng: Rng
  readonly #number: number
  readonly #calls: ScriptCalls
  readonly #http: ScriptHttp
  readonly #sleeps = new Map<WheelEntry, (error: Error) => void>()
  readonly #next = wheelEntry((nowNs) => this.#finishPending(nowNs))
  #iteration = -1
  #measured = false
  #startedNs = 0
  #running = false
  #waited = false
  #intendedNs = 0
  /** What the iteration came to, while its end is put off; null while its script runs. */
  #pendingEnd: ScriptEnd | null = null
  /** Whether the script knows of the end of the load: what it throws then is no failure of its own. */
  #told = false
  #over = false
  #abort: AbortController | null = null

  constructor(context: ScriptUserContext, rng: Rng, number: number, owner: UserOwner) {
    this.#context = context
    this.#owner = owner
    this.#rng = rng.fork('script')
    this.#number = number
    this.#calls = new ScriptCalls(context, rng, (nowNs) => this.#finishPending(nowNs))
    this.#http = this.#createHttp()
  }

  begin(intendedNs: number, nowNs: number): void {
    const rows = this.#takeRows()
    if (rows === null) return this.#owner.iterationEnded(this, 'exhausted', nowNs)
    const { recorder, script } = this.#context
    const iteration = ++this.#iteration
    this.#measured = recorder.isMeasured(intendedNs)
    this.#startedNs = nowNs
    recorder.counts(this.#measured).iterations.count++
    this.#running = true
    this.#waited = false
    this.#intendedNs = intendedNs
    this.#pendingEnd = null
    this.#abort = null
    // In a promise of its own, so that a script that throws at once is one that rejects.
    Promise.resolve(this.#contextOf(iteration, rows))
      .then(script)
      .then(
        () => this.#returned(iteration),
        (error: unknown) => this.#threw(iteration, error),
      )
  }

  end(nowNs: number): void {
    this.#over = true
    if (!this.#running) return
    this.#finishPending(nowNs)
    for (const reject of this.#takeSleeps()) this.#interrupt(reject)
  }

  cutOff(nowNs: number): void {
    if (!this.#running) return
    this.#abort?.abort(new Interrupted('cut off at the end of the load'))
    this.#pendingEnd = null
    this.#calls.cutOff(nowNs)
    this.#finish('interrupted', nowNs)
  }

  #returned(iteration: number): void {
    if (this.#isRunning(iteration)) this.#settle('ok')
  }

  #threw(iteration: number, error: unknown): void {
    if (!this.#isRunning(iteration)) return
    const { clock, recorder, indexOf, scriptName } = this.#context
    const nowNs = clock.nowNs()
    if (this.#told) return this.#settle('interrupted')
    const outcome = failure('script')
    recorder.problem(outcome, messageOf(error))
    // What failed is the iteration, at its elapsed time.
    recorder.operationEnded(this.#measured, indexOf(scriptName), outcome, this.#intendedNs, this.#startedNs, nowNs)
    this.#settle('failed')
  }

  /** The script is done with its iteration, which ends with the last of its calls: one may not have been awaited. */
  #settle(end: ScriptEnd): void {
    const nowNs = this.#context.clock.nowNs()
    this.#pendingEnd = end
    if (this.#calls.busy) return
    if (this.#waited || this.#over) this.#finishPending(nowNs)
    else this.#context.wheel.schedule(this.#next, nowNs + idleIterationNs)
  }

  #finishPending(nowNs: number): void {
    if (this.#pendingEnd !== null && !this.#calls.busy) this.#finish(this.#pendingEnd, nowNs)
  }

  #isRunning(iteration: number): boolean {
    return this.#running && this.#iteration === iteration
  }

  #finish(end: ScriptEnd, nowNs: number): void {
    this.#running = false
    this.#pendingEnd = null
    this.#context.wheel.cancel(this.#next)
    this.#takeSleeps()
    const failed = this.#calls.countAll()
    const really = end === 'ok' && failed > 0 ? 'failed' : end
    this.#context.recorder.counts(this.#measured).iterations[really]++
    this.#owner.iterationEnded(this, really, nowNs)
  }

  #takeRows(): Readonly<Record<string, FeedRow>> | null {
    const rows: Record<string, FeedRow> = {}
    for (const [name, cursor] of this.#context.feeds) {
      const row = cursor.next()
      if (row === null) return null
      rows[name] = row
    }
    return rows
  }

  #contextOf(iteration: number, feeds: ScriptData['feeds']): ScriptContext {
    const signal = (): AbortSignal => (this.#abort ??= new AbortController()).signal
    const { variables } = this.#context
    return {
      http: this.#http,
      ws: (send, options = {}) => this.#send('websocket', webSocketRequest(send, options)),
      tcp: (send, options = {}) => this.#send('tcp', tcpRequest(send, options)),
      check: (reply, conditions) => this.#check(reply, conditions),
      sleep: (duration) => this.#sleep(typeof duration === 'number' ? duration * 1e6 : durationNs(duration)),
      data: { user: this.#number, iteration, variables, feeds, random: () => this.#rng.next() },
      get signal() {
        return signal()
      },
    }
  }

  #createHttp(): ScriptHttp {
    const send = (call: Parameters<typeof httpRequest>[0]): Promise<ScriptReply> =>
      this.#send('http', httpRequest(call))
    const bare =
      (method: string): ScriptHttp['get'] =>
      (path, options) =>
        send({ ...options, method, path })
    const carrying =
      (method: string): ScriptHttp['post'] =>
      (path, body, options) =>
        send({ ...options, method, path, ...(body !== undefined && { body }) })
    const call = (given: Parameters<ScriptHttp>[0]): Promise<ScriptReply> =>
      send(typeof given === 'string' ? { path: given } : given)
    return Object.assign(call, {
      get: bare('GET'),
      head: bare('HEAD'),
      delete: bare('DELETE'),
      post: carrying('POST'),
      put: carrying('PUT'),
      patch: carrying('PATCH'),
    })
  }

  async #send(protocol: ProtocolName, request: WorkloadRequest): Promise<ScriptReply> {
    const driver = await this.#context.driverOf(protocol)
    if (!driver) throw new TypeError(`${protocol} is not what the workload's "protocol" says`)
    if (this.#over || !this.#running) return this.#interrupted()
    // The first call goes out as late as its iteration did; those after it when the script comes to them.
    const intendedNs = this.#waited ? null : this.#intendedNs
    this.#waited = true
    return this.#calls.call(driver, request, this.#context.indexOf(request.name), intendedNs)
  }

  #check(reply: ScriptReply, conditions: Parameters<ScriptContext['check']>[1]): boolean {
    const broken = Object.entries(conditions).find(([, holds]) => !holds(reply))
    if (broken) this.#calls.findFault(reply, broken[0])
    return broken === undefined
  }

  #sleep(ns: number): Promise<void> {
    if (this.#over || !this.#running) return this.#interrupted()
    this.#waited = true
    return this.#wait(ns, (resolve) => resolve())
  }

  /**
   * What a script that goes on after the end of the load is told: not at once, since one that takes every failure for a
   * reason to try again would keep everything else from running, and never once its iteration is over.
   */
  #interrupted(): Promise<never> {
    if (!this.#running) return new Promise(() => {})
    return this.#wait(idleIterationNs, (_, reject) => this.#interrupt(reject))
  }

  #interrupt(reject: (error: Error) => void): void {
    this.#told = true
    reject(new Interrupted('the load has ended'))
  }

  #wait<Value>(
    ns: number,
    then: (resolve: (value: Value) => void, reject: (error: Error) => void) => void,
  ): Promise<Value> {
    const { clock, wheel } = this.#context
    return new Promise((resolve, reject) => {
      const entry = wheelEntry(() => {
        this.#sleeps.delete(entry)
        then(resolve, reject)
      })
      this.#sleeps.set(entry, reject)
      wheel.schedule(entry, clock.nowNs() + ns)
    })
  }

  /** Ends all waits; what they were to be told is left to the caller. */
  #takeSleeps(): ((error: Error) => void)[] {
    const waiting = [...this.#sleeps]
    this.#sleeps.clear()
    for (const [entry] of waiting) this.#context.wheel.cancel(entry)
    return waiting.map(([, reject]) => reject)
  }
}
