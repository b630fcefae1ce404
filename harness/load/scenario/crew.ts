import type { Rng } from '../../kernel/rng.ts'
import { createFeedCursor } from '../../workload/feed-rows.ts'
import type { Workload } from '../../workload/workload.ts'
import type { OpenCrew } from '../crew.ts'
import { loadDriver } from '../drivers.ts'
import { openRoutedDriver } from '../other-targets.ts'
import type { Shard } from '../protocol.ts'
import { SliceRecorder } from '../recorder.ts'
import { prepareScenarios, weightedPick } from './steps.ts'
import { ScenarioUser } from './user.ts'

/** Makes the crews of a workload of scenarios. Its feeds go on from slice to slice. */
export async function scenarioCrews(workload: Workload, shard: Shard, rng: Rng): Promise<OpenCrew> {
  const openDriver = await loadDriver(workload)
  const feeds = new Map(workload.feeds.map((feed) => [feed.name, createFeedCursor(feed, { shard, rng })]))
  return async (options) => {
    const { task, clock, wheel, client, emit } = options
    const recorder = new SliceRecorder(
      task,
      workload.requests.map(({ name }) => name),
      emit,
    )
    const driver = await openRoutedDriver(openDriver, options, workload.connection, workload.timeoutNs)
    const pick = weightedPick(prepareScenarios(workload, driver))
    const context = { clock, wheel, recorder, client, driver, pick, variables: workload.variables, feeds }
    return {
      recorder,
      createUser: (number, owner) => {
        const global = number * shard.count + shard.index
        const own = options.rng.fork(task.arm, task.slice, 'user', global)
        return new ScenarioUser(context, own, global, owner)
      },
      close: () => driver.close(),
    }
  }
}
