import type { Clock } from '../kernel/clock.ts'
import { newRunId } from '../kernel/host.ts'
import type { Profile } from '../profile/profile.ts'
import { policyFiles } from '../resilience/use/module.ts'
import { startShards } from '../run/shards.ts'
import { ownWorkload } from '../run/workloads.ts'

/**
 * Loads the script and the policies of a profile, if it has any, as a run does at its start: in a load worker, so that what
 * they do when they are loaded ends with it. Rejects with `script-not-usable`, `policy-not-usable` or `worker-not-ready` (107).
 */
export async function checkModules(profile: Profile, clock: Clock): Promise<void> {
  const { workload, policies, stressClient } = profile
  const files = policyFiles([...policies.flatMap(({ client }) => client), ...stressClient])
  if (workload.script === null && files.length === 0) return
  const worker = await startShards({
    count: 1,
    profile,
    workloads: { [ownWorkload]: workload },
    allowedHosts: [],
    clock,
    runId: newRunId(),
    onProcess: () => {},
    onWindow: () => {},
    onCounts: () => {},
    onReading: () => {},
  })
  await worker[Symbol.asyncDispose]()
}
