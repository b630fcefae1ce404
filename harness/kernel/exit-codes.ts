/**
 * The exit codes of every command; k6's numbers where k6 has one.
 * The order is the precedence: when several apply, the first listed wins. What is void for want of an answer only does not
 * come before what is surely worse (111), or leaks (115): its doubts are no reason then (judge/answer.ts).
 */
export const exitCodes = {
  bug: 1,
  aborted: 105,
  userScript: 107,
  usage: 104,
  environment: 106,
  targetDied: 113,
  watchdog: 102,
  broken: 99,
  void: 114,
  drift: 115,
  regression: 111,
  nothingToCompare: 112,
  pass: 0,
} as const

export type ExitName = keyof typeof exitCodes
export type ExitCode = (typeof exitCodes)[ExitName]

/** The exit code that wins when several conditions hold at once; 0 for none. */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const found = new Set(codes)
  return Object.values(exitCodes).find((code) => found.has(code)) ?? exitCodes.pass
}
