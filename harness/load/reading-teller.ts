import { type TimerWheel, wheelEntry } from '../kernel/timer-wheel.ts'
import { subtractRecords } from '../measure/counts.ts'
import type { Client } from '../resilience/client.ts'
import type { BreakerReading, BulkheadReading, LiveReading } from './live-reading.ts'
import type { Shard, SliceTask } from './protocol.ts'
import type { SliceRecorder } from './recorder.ts'

export interface ReadingTellerOptions {
  readonly task: SliceTask
  readonly shard: Shard
  readonly recorder: SliceRecorder
  readonly client: Client
  readonly wheel: TimerWheel
  readonly emitReading?: (reading: LiveReading) => void
}

export interface ReadingTeller {
  tell(nowNs: number): void
  end(nowNs: number): void
}

/** What a reading counts, as it was when the slice began, or has come to since. */
interface Tally {
  readonly recorded: Readonly<Record<'ok' | 'failed' | 'degraded' | 'attempts', number>>
  readonly policies: Readonly<Record<string, number>>
  readonly failures: Readonly<Record<string, number>>
  readonly rejected: Readonly<Record<string, number>>
}

/**
 * Tells how a slice and its client fare, as often as the task wants, before a window tells more than that, and once more at
 * the end, when everything has been counted. The client's state is older than the slice: what it counted before is left out.
 */
export function readingTeller({
  task,
  shard,
  recorder,
  client,
  wheel,
  emitReading,
}: ReadingTellerOptions): ReadingTeller {
  const { readEveryNs } = task
  if (readEveryNs === undefined || !emitReading) return { tell() {}, end() {} }
  client.takeRetries()
  let told = tallyOf(recorder, client)
  const tell = (atNs: number): void => {
    const tally = tallyOf(recorder, client)
    const { attempts, ok, failed, degraded } = grownBy(tally.recorded, told.recorded)
    emitReading({
      arm: task.arm,
      worker: shard.index,
      atNs,
      operations: { ok, failed, degraded },
      attempts,
      policyCounters: subtractRecords(tally.policies, told.policies),
      retries: client.takeRetries(),
      breakers: breakersOf(client, told, atNs),
      bulkheads: bulkheadsOf(client, told),
    })
    told = tally
  }
  const entry = wheelEntry((nowNs) => {
    tell(nowNs)
    wheel.schedule(entry, nowNs + readEveryNs)
  })
  wheel.schedule(entry, task.startAtNs + readEveryNs)
  return {
    tell,
    end(nowNs) {
      wheel.cancel(entry)
      tell(nowNs)
    },
  }
}

function tallyOf(recorder: SliceRecorder, client: Client): Tally {
  const both = [recorder.counts(true), recorder.counts(false)]
  const sum = (read: (counts: (typeof both)[number]) => number): number =>
    both.reduce((total, counts) => total + read(counts), 0)
  return {
    recorded: {
      ok: sum(({ operations }) => operations.ok - operations.degraded),
      failed: sum(({ operations }) => operations.failed),
      degraded: sum(({ operations }) => operations.degraded),
      attempts: sum(({ attempts }) => attempts.count),
    },
    policies: { ...client.counters() },
    failures: Object.fromEntries(client.breakers().map(({ name, counters }) => [name, counters.circuitFailures])),
    rejected: Object.fromEntries(client.bulkheads().map(({ name, rejected }) => [keyOf(name), rejected])),
  }
}

function grownBy<Key extends string>(
  after: Readonly<Record<Key, number>>,
  before: Readonly<Record<Key, number>>,
): Readonly<Record<Key, number>> {
  return subtractRecords(after, before) as Readonly<Record<Key, number>>
}

function breakersOf(client: Client, told: Tally, nowNs: number): readonly BreakerReading[] {
  return client.breakers().map((breaker) => {
    const { name, settings, counters } = breaker
    const only = settings.per === 'client' && settings.name === null
    const failures = counters.circuitFailures - (told.failures[name] ?? 0)
    return { name: only ? null : name, stats: breaker.stats(nowNs), failures }
  })
}

function bulkheadsOf(client: Client, told: Tally): readonly BulkheadReading[] {
  return client.bulkheads().map(({ name, active, slots, rejected }) => {
    return { name, active, slots, rejected: rejected - (told.rejected[keyOf(name)] ?? 0) }
  })
}

/** No request has an empty name. */
function keyOf(name: string | null): string {
  return name ?? ''
}
