import type { Outcome } from '../outcome.ts'

/** When calls may pass. Driven by events; it owns no timer. */
export interface RateAlgorithm {
  /** How long until one may pass that has `ahead` others before it, in whole ns; 0 for at once. */
  waitNs(ahead: number, nowNs: number): number
  /** One passes, as `waitNs(0, nowNs)` allows. */
  pass(nowNs: number): void
  /** The end of a call that passed at `passedNs`. */
  ended?(outcome: Outcome, passedNs: number, nowNs: number): void
  /** How often it has changed its rate, where it does. */
  readonly changes?: { readonly raised: number; readonly cut: number }
}
