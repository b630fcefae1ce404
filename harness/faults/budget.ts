import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, sizeBytes } from '../kernel/units.ts'
import { type Action, type Direction, type FaultMember, type StageContext, unnoticed } from './fault.ts'

const actions = ['drop', 'timeout', 'reset', 'close'] as const
type BudgetAction = (typeof actions)[number]

/** What each connection may use up; null: any amount. */
export interface BudgetSettings {
  readonly maxUpBytes: number | null
  readonly maxDownBytes: number | null
  readonly maxExchanges: number | null
  readonly maxDurationNs: number | null
  readonly action: BudgetAction
  /** Of `timeout`: how long the connection hangs before it is closed. */
  readonly timeoutNs: number | null
}

interface RawBudget {
  readonly maxUp?: string
  readonly maxDown?: string
  readonly maxExchanges?: number
  readonly maxDuration?: string
  readonly action?: BudgetAction
  readonly timeout?: string
}

const limits = ['maxUp', 'maxDown', 'maxExchanges', 'maxDuration'] as const

const classes: Readonly<Record<BudgetAction, readonly string[]>> = {
  drop: ['timeout'],
  timeout: ['timeout', 'closed'],
  reset: ['reset'],
  close: ['closed'],
}

/**
 * Each connection may carry so many bytes up and down, so many exchanges, and live so long; what would go beyond that gets
 * the action. Exactly the budget passes: of a message that exceeds it, the bytes up to it. The time counts from accept, and
 * is over at exactly `maxDuration`; a connection that is idle then ends with what comes next. `drop` and `timeout` hang:
 * the first for ever, as `hang` does, the second until it closes.
 */
export const budget: FaultMember<BudgetSettings> = {
  keyword: 'budget',
  schema: objectSchema(
    {
      maxUp: quantitySchema('size', 'bytes from client to server'),
      maxDown: quantitySchema('size', 'bytes from server to client'),
      maxExchanges: { type: 'integer', minimum: 0, description: 'Exchanges; the next one gets the action' },
      maxDuration: quantitySchema('duration', 'time from accept'),
      action: {
        enum: actions,
        default: 'reset',
        description: 'What then happens: hang, hang for the timeout and close, an RST, or a FIN to both sides',
      },
      timeout: quantitySchema('duration', 'how long it hangs; of the action "timeout" only'),
    },
    { description: 'What each connection may use up; at least one limit.' },
  ),
  directional: false,

  parse(raw) {
    const { maxUp, maxDown, maxExchanges, maxDuration, action = 'reset', timeout } = raw as RawBudget
    if (limits.every((limit) => (raw as RawBudget)[limit] === undefined))
      throw new RangeError(`found no limit, allowed: at least one of ${limits.join(', ')}`)
    if ((action === 'timeout') !== (timeout !== undefined))
      throw new RangeError(
        `found the action ${action} ${timeout === undefined ? 'without' : 'with'} a timeout, allowed: a timeout with the action timeout, and only there`,
      )
    return {
      maxUpBytes: maxUp === undefined ? null : sizeBytes(maxUp),
      maxDownBytes: maxDown === undefined ? null : sizeBytes(maxDown),
      maxExchanges: maxExchanges ?? null,
      maxDurationNs: maxDuration === undefined ? null : durationNs(maxDuration),
      action,
      timeoutNs: timeout === undefined ? null : durationNs(timeout),
    }
  },

  active: () => true,

  connection: (settings, context) => new Spending(settings, context),

  expect: ({ action }) => ({
    ...unnoticed,
    firedShare: null,
    errorShare: null,
    errorClasses: classes[action],
    undelivered: null,
  }),
}

/** What one connection has used up. */
class Spending {
  readonly #settings: BudgetSettings
  readonly #tally: StageContext['tally']
  readonly #left: Record<Direction, number>
  #exchangesLeft: number
  #openedNs: number | null = null
  #spent = false

  constructor(settings: BudgetSettings, { tally }: Pick<StageContext, 'tally'>) {
    this.#settings = settings
    this.#tally = tally
    this.#left = { uplink: settings.maxUpBytes ?? Infinity, downlink: settings.maxDownBytes ?? Infinity }
    this.#exchangesLeft = settings.maxExchanges ?? Infinity
  }

  opened(nowNs: number): null {
    this.#isOver(nowNs)
    return null
  }

  exchange(nowNs: number, sizeBytes: number): Action | null {
    if (!this.#isOver(nowNs) && this.#exchangesLeft > 0) {
      this.#exchangesLeft--
      return null
    }
    return this.#act(nowNs, sizeBytes)
  }

  bytes(direction: Direction, size: number, nowNs: number): { readonly pass: number; readonly then: Action } | null {
    const pass = this.#isOver(nowNs) ? 0 : Math.min(size, this.#left[direction])
    this.#left[direction] -= pass
    return pass === size ? null : { pass, then: this.#act(nowNs, size - pass) }
  }

  /** Whether its time is over. The first to ask is told of a connection that begins; where the fault came later, its time begins then. */
  #isOver(nowNs: number): boolean {
    if (this.#openedNs === null) {
      this.#openedNs = nowNs
      this.#tally.eligible++
    }
    return nowNs - this.#openedNs >= (this.#settings.maxDurationNs ?? Infinity)
  }

  #act(nowNs: number, withheldBytes: number): Action {
    if (!this.#spent) this.#tally.fired++
    this.#spent = true
    this.#tally.bytes += withheldBytes
    const { action, timeoutNs } = this.#settings
    if (action === 'reset' || action === 'close') return { kind: action, afterNs: 0 }
    if (timeoutNs === null) return { kind: 'hang', untilNs: Infinity, then: 'release' }
    return { kind: 'hang', untilNs: nowNs + timeoutNs, then: 'close' }
  }
}
