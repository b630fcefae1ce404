import type { BaselineFacts, EffectFacts } from '../../harness/measure/effect.ts'

/** What is known of a fast target, but for what a test changes. */
export function baselineOf(changes: Partial<BaselineFacts>): BaselineFacts {
  return {
    p50Ms: 0.2,
    p99Ms: 2,
    singleP50Ms: 0.1,
    responseBytes: { min: 100, max: 100 },
    requestBytes: { min: 60, max: 60 },
    backgroundShare: 0,
    ...changes,
  }
}

/** What was seen of a thousand operations without a fault, but for what a test changes. */
export function factsOf(changes: Partial<EffectFacts>): EffectFacts {
  return {
    p50Ms: 0.2,
    operations: 1000,
    attempts: 1000,
    failedOperations: 0,
    degradedOperations: 0,
    allDegraded: 0,
    cutOff: 0,
    attemptErrors: {},
    errors: {},
    policyCounters: {},
    policyPeaks: {},
    failedP50Ms: null,
    failedP99Ms: null,
    timedFailures: 0,
    cancelled: 0,
    allAttempts: 1000,
    staleReconnects: 0,
    injectedDelayErrorP50Ms: null,
    fired: {},
    counters: {},
    rulesTold: ['one'],
    waits: { held: 0, seen: 0, unseen: 0 },
    load: { processes: 1, inFlight: 4, scripted: false, slices: 2, sliceNs: 1e9, drainNs: 1e9 },
    connectMs: null,
    ...changes,
  }
}
