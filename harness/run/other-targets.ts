import type { ServerCount } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'
import { type LaunchContext, type RunningTarget, startTarget, type TargetExit } from '../target/launch.ts'
import { createRequestCounter, type Reading, type RequestCounter, type StatsProblem } from '../target/stats.ts'

/** A target beside the one that is tested, while it runs. */
interface OtherTarget {
  readonly name: string
  readonly target: RunningTarget
  readonly counter: RequestCounter | null
  /** Why its own count cannot be used, though it has one. */
  counterProblem: string | null
}

/** What the counters of some targets said, by name. */
export type OtherReadings = Readonly<Record<string, Reading | StatsProblem | null>>

/** The targets beside the one that is tested: started with it, asked by the policies of clients, ended with it. */
export class OtherTargets implements AsyncDisposable {
  readonly #targets: OtherTarget[] = []
  readonly #exit = Promise.withResolvers<TargetExit & { readonly name: string }>()

  /** Resolves when one of them ends by itself, with its name. */
  get exited(): Promise<TargetExit & { readonly name: string }> {
    return this.#exit.promise
  }

  /** Starts one more; rejects as `startTarget` does. */
  async start({ name, settings }: Plan['profile']['others'][number], context: LaunchContext): Promise<void> {
    const target = await startTarget(settings, context)
    const counter = createRequestCounter(settings.stats, target, context.clock) ?? null
    const started: OtherTarget = { name, target, counter, counterProblem: null }
    // It is ours to end from here on, also where its count cannot be asked for.
    this.#targets.push(started)
    void target.exited.then((exit) => this.#exit.resolve({ name, ...exit }))
    started.counterProblem = await problemOf(counter)
  }

  /** Where those of these names are. */
  addresses(names: readonly string[]): { readonly name: string; readonly host: string; readonly port: number }[] {
    return this.#named(names).map(({ name, target: { host, port } }) => ({ name, host, port }))
  }

  /** Asks those of these names for their counts; null for one that has none. */
  async read(names: readonly string[]): Promise<OtherReadings> {
    const readings = this.#named(names).map(
      async ({ name, counter }) => [name, (await counter?.read()) ?? null] as const,
    )
    return Object.fromEntries(await Promise.all(readings))
  }

  /** What they counted between two readings, by name. */
  between(before: OtherReadings, after: OtherReadings): Readonly<Record<string, ServerCount>> {
    return Object.fromEntries(
      this.#named(Object.keys(after)).map((other) => [
        other.name,
        countOf(other, before[other.name] ?? null, after[other.name] ?? null),
      ]),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#targets.map(({ target }) => target[Symbol.asyncDispose]()))
  }

  #named(names: readonly string[]): readonly OtherTarget[] {
    return this.#targets.filter(({ name }) => names.includes(name))
  }
}

async function problemOf(counter: RequestCounter | null): Promise<string | null> {
  const calibrated = await counter?.calibrate()
  return calibrated && 'problem' in calibrated ? calibrated.problem : null
}

function countOf(
  { counter, counterProblem }: OtherTarget,
  before: Reading | StatsProblem | null,
  after: Reading | StatsProblem | null,
): ServerCount {
  if (!counter || !before || !after) return null
  return counterProblem === null ? counter.requestsBetween(before, after) : { problem: counterProblem }
}

/** Starts all of a profile's other targets, each in a directory of its own. Rejects as `startTarget` does. */
export async function startOthers(
  others: Plan['profile']['others'],
  contextOf: (name: string) => LaunchContext,
): Promise<OtherTargets> {
  const started = new OtherTargets()
  try {
    for (const other of others) await started.start(other, contextOf(other.name))
    return started
  } catch (error) {
    await started[Symbol.asyncDispose]()
    throw error
  }
}
