import type { Rng } from '../kernel/rng.ts'
import type { Workload } from '../workload/workload.ts'
import type { OpenCrew } from './crew.ts'
import type { Shard } from './protocol.ts'
import { scenarioCrews } from './scenario/crew.ts'

/**
 * Makes the crews of a workload: those of its script where it has one, else those of its scenarios. Rejects with
 * `script-not-usable` (107) where the script cannot be loaded.
 */
export async function openCrews(workload: Workload, shard: Shard, rng: Rng): Promise<OpenCrew> {
  if (workload.script === null) return scenarioCrews(workload, shard, rng)
  const { scriptCrews } = await import('./script/crew.ts')
  return scriptCrews(workload, workload.script, shard, rng)
}
