import type { ResultArm } from '../archive/result.ts'
import type { ArmVerdict } from '../judge/arm-verdict.ts'
import { nsPerMs } from '../kernel/units.ts'
import { emptyTarget } from '../measure/counts.ts'
import { createHistogram, type LatencyHistogram, type LatencySummary } from '../measure/histogram.ts'
import type { PolicyEvents } from '../measure/policy-event.ts'
import { hidden } from '../profile/env-references.ts'
import type { Profile } from '../profile/profile.ts'
import type { Overhead } from './overhead.ts'

/** What the result of an arm needs of its run. */
interface ArmRun {
  readonly startNs: number
  /** What the client of an arm costs. */
  readonly overheads: ReadonlyMap<string, Overhead>
}

/** What a result says of an arm. */
export function armOf(
  { arm, measurement, figures, effects, bounds, reconciliation, others }: ArmVerdict,
  { secrets }: Profile,
  { startNs, overheads }: ArmRun,
): ResultArm {
  const { all, measured, latencies, tallies, server } = measurement
  const { ok, failed, attempt, queue, connect, firstByte, askedDelay, injectedDelay, injectedDelayError } = latencies
  const scheduled = latencies.corrected.count > 0
  // Where no policy stands between them, an attempt is an operation.
  const attemptLatencyMs = arm.client.length > 0 ? attempt.summary() : merged([ok, failed])
  const delayed = injectedDelay.count > 0
  return {
    arm: arm.kind,
    path: arm.path,
    workers: measurement.workers,
    measuredMs: measurement.measuredNs / nsPerMs,
    schedule: measurement.schedule,
    iterations: measured.iterations,
    operations: { ...measured.operations, perSecond: figures.okPerSecond },
    attempts: measured.attempts,
    all: { iterations: all.iterations, operations: all.operations, attempts: all.attempts },
    errors: all.errors,
    failureTypes: all.failureTypes,
    attemptErrors: all.attemptErrors,
    errorTexts: withoutSecrets(measurement.errorTexts, secrets),
    latencyMs: figures.latencyMs,
    correctedLatencyMs: scheduled ? latencies.corrected.summary() : null,
    sendLatenessMs: scheduled ? latencies.sendLateness.summary() : null,
    okLatencyMs: ok.summary(),
    attemptLatencyMs,
    queueMs: queue.summary(),
    connectMs: connect.summary(),
    firstByteMs: firstByte.summary(),
    histogram: figures.histogram,
    requests: requestsOf(measurement),
    wire: all.wire,
    protocolCounters: measurement.protocolCounters,
    resources: resourcesOf(measurement),
    fired: tallies,
    rules: measurement.rules,
    faultCounters: measurement.faultCounters,
    askedDelayMs: delayed ? askedDelay.summary() : null,
    injectedDelayMs: delayed ? injectedDelay.summary() : null,
    injectedDelayErrorMs: delayed ? injectedDelayError.summary() : null,
    server: { requests: server && 'requests' in server ? server.requests : null },
    reconciliation,
    others: othersOf(measurement, others),
    effects,
    bounds,
    policyCounters: measurement.policyCounters,
    policyPeaks: measurement.policyPeaks,
    policyEvents: eventsOf(measurement.policyEvents, startNs, secrets),
    overheadNsPerOperation: overheads.get(arm.id)?.ns ?? null,
    overheadWhyNone: overheads.get(arm.id)?.whyNone ?? null,
  }
}

function resourcesOf(measurement: ArmVerdict['measurement']): ResultArm['resources'] {
  return {
    target: {
      cpuMs: measurement.targetCpuMs,
      memoryKb: measurement.memoryKb,
      fds: measurement.fds,
      threads: measurement.threads,
    },
    generators: { cpuMs: measurement.generatorCpuMs },
    relay: { cpuMs: measurement.relayCpuMs },
  }
}

function othersOf({ all, otherServers }: ArmVerdict['measurement'], judged: ArmVerdict['others']): ResultArm['others'] {
  return Object.fromEntries(
    Object.entries(judged).map(([name, reconciliation]) => {
      const { count, failed, cancelled, errors } = all.elsewhere[name] ?? emptyTarget()
      const server = otherServers[name] ?? null
      const requests = server && 'requests' in server ? server.requests : null
      return [name, { attempts: { count, failed, cancelled }, errors, server: { requests }, reconciliation }]
    }),
  )
}

/** What a policy of one's own throws may hold what it took from the environment. */
function eventsOf(
  { kept, dropped }: PolicyEvents,
  startNs: number,
  secrets: Profile['secrets'],
): ResultArm['policyEvents'] {
  const shown = kept.map(({ atNs, reason, ...event }) => ({
    atMs: (atNs - startNs) / nsPerMs,
    ...event,
    reason: reason === null ? null : hidden(reason, secrets),
  }))
  return { kept: shown, dropped }
}

/** Texts of errors hold what was expected, and so what was taken from the environment. */
function withoutSecrets(texts: Readonly<Record<string, number>>, secrets: Profile['secrets']): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [text, count] of Object.entries(texts)) {
    const shown = hidden(text, secrets)
    counts[shown] = (counts[shown] ?? 0) + count
  }
  return counts
}

function requestsOf({ measured, latencies, requestLatencies }: ArmVerdict['measurement']): ResultArm['requests'] {
  const names = Object.keys(measured.requests)
  return names.map((name) => {
    const { ok, failed } = measured.requests[name] ?? { ok: 0, failed: 0 }
    // Of a single request the arm's own figures are its figures.
    const own = requestLatencies.get(name)
    const latencyMs = names.length > 1 && own ? own.summary() : merged([latencies.ok, latencies.failed])
    return { name, ok, failed, latencyMs }
  })
}

function merged(histograms: readonly LatencyHistogram[]): LatencySummary {
  const sum = createHistogram()
  for (const histogram of histograms) sum.add(histogram)
  const summary = sum.summary()
  sum.destroy()
  return summary
}
