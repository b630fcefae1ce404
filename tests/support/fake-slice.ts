import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../harness/kernel/virtual-clock.ts'
import type { OpenCrew } from '../../harness/load/crew.ts'
import type { LiveReading } from '../../harness/load/live-reading.ts'
import type { CountDelta, Shard, SliceReport, SliceTask, WindowDelta } from '../../harness/load/protocol.ts'
import { SliceRecorder } from '../../harness/load/recorder.ts'
import { prepareScenarios, weightedPick } from '../../harness/load/scenario/steps.ts'
import { ScenarioUser } from '../../harness/load/scenario/user.ts'
import type { Script } from '../../harness/load/script/module.ts'
import { ScriptUser } from '../../harness/load/script/user.ts'
import { type RunningSlice, startSlice } from '../../harness/load/slice.ts'
import { createFeedCursor } from '../../harness/workload/feed-rows.ts'
import type { Workload } from '../../harness/workload/workload.ts'
import { Client } from '../../harness/resilience/client.ts'
import { type FakeAnswer, fakeDriver, type FakeDriver } from './fake-driver.ts'
import { taskOf, workloadOf } from './slice-task.ts'

export interface FakeSlice {
  readonly task?: Partial<SliceTask>
  readonly workload?: Workload
  readonly shard?: Shard
  readonly answer?: Parameters<typeof fakeDriver>[1]
  /** Other targets by name, each a function too. */
  readonly others?: Readonly<Record<string, Parameters<typeof fakeDriver>[1]>>
  /** Instead of scenarios. */
  readonly script?: Script
  readonly emit?: (window: WindowDelta) => void
  /** Hears what its task wants told besides windows. */
  readonly emitCounts?: (counts: CountDelta) => void
  readonly emitReading?: (reading: LiveReading) => void
  /** What happens while it runs, on its clock. */
  readonly meanwhile?: (slice: RunningSlice, clock: VirtualClock) => void
}

/** Runs one slice in virtual time against a target that is a function; the measured time is a second from 1 s on. */
export async function runFakeSlice({
  task = {},
  workload = workloadOf(),
  shard = { index: 0, count: 1 },
  answer = (): FakeAnswer => ({ afterNs: 10e6 }),
  others = {},
  script,
  emit = () => {},
  emitCounts = () => {},
  emitReading = () => {},
  meanwhile,
}: FakeSlice): Promise<{ readonly report: SliceReport; readonly driver: FakeDriver }> {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const rng = createRng(1)
  const routes = Object.entries(others).map(([name, other]) => [name, fakeDriver(clock, other)] as const)
  const driver = Object.assign(fakeDriver(clock, answer), { others: new Map(routes) })
  const feeds = new Map(workload.feeds.map((feed) => [feed.name, createFeedCursor(feed, { shard, rng })]))
  const openCrew: OpenCrew = async ({ emit, task: opened, client }) => {
    const recorder = new SliceRecorder(opened, script ? [] : workload.requests.map(({ name }) => name), emit)
    if (script) {
      const indexes = new Map<string, number>()
      const indexOf = (name: string): number => {
        const index = indexes.get(name) ?? recorder.addRequest(name)
        indexes.set(name, index)
        return index
      }
      const driverOf = (name: string) => (name === 'http' ? Promise.resolve(driver) : undefined)
      const { variables } = workload
      const shared = {
        clock,
        wheel,
        recorder,
        client,
        script,
        driverOf,
        variables,
        feeds,
        indexOf,
        scriptName: 'script',
      }
      return {
        recorder,
        createUser: (number, owner) => new ScriptUser(shared, rng.fork(number), number, owner),
        close: () => driver.close(),
      }
    }
    const pick = weightedPick(prepareScenarios(workload, driver))
    const context = { clock, wheel, recorder, client, driver, pick, variables: workload.variables, feeds }
    return {
      recorder,
      createUser: (number, owner) => {
        return new ScenarioUser(context, rng.fork(number), number, owner)
      },
      close: () => driver.close(),
    }
  }
  const full = taskOf(1, 0.5e9, { discardNs: 0.5e9, measureNs: 1e9, windowNs: 0.25e9, ...task })
  const slice = await startSlice({
    task: full,
    client: new Client(full.client, { wheel, rng, watched: full.readEveryNs !== undefined }),
    address: '127.0.0.1',
    allowedHosts: [],
    shard,
    clock,
    wheel,
    eventLoop: { takeP99Ms: () => 0 },
    rng,
    openCrew,
    emit,
    emitCounts,
    emitReading,
  })
  let report: SliceReport | undefined
  void slice.report.then((told) => (report = told))
  meanwhile?.(slice, clock)
  for (let waited = 0; report === undefined && waited < 600; waited++) await clock.advance(0.1e9)
  if (!report) throw new Error('the slice did not end within a minute')
  return { report, driver }
}
