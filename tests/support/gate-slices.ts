import { type GatePlan, planGate } from '../../harness/judge/gate.ts'
import type { SliceSummary } from '../../harness/measure/measurements.ts'
import type { Arm } from '../../harness/plan/arms.ts'
import type { Gate } from '../../harness/plan/gate.ts'
import { compilePlan } from '../../harness/plan/plan.ts'
import { parseProfile } from '../../harness/profile/parse.ts'

/** What an arm gets done per second in a round; null where it has no slice. */
export type Rate = (arm: Arm, round: number, group: number) => number | null

const mode = { gate: { rounds: [12], slices: 2 } }

/** The gate of a target beside its former build, and of so many policies of the client. */
export function gateOfBuilds(policies = 1): { readonly gate: Gate; readonly plan: GatePlan } {
  const names = Array.from({ length: policies }, (_, index) => [`retry-${index}`, { client: { retry: {} } }])
  return gateFor({ base: { builtin: 'http' }, policies: Object.fromEntries(names) }, false)
}

/** The gate of a target beside the yardstick. */
export function gateOfYardstick(changes: object = {}): { readonly gate: Gate; readonly plan: GatePlan } {
  return gateFor(changes, true)
}

function gateFor(changes: object, baseline: boolean): { readonly gate: Gate; readonly plan: GatePlan } {
  const document = { target: { builtin: 'http' }, modes: { long: mode }, ...changes }
  const profile = parseProfile(document, { flags: {}, env: {} })
  const { gate } = compilePlan(profile, { baseline, policies: true, gate: 'comparisons', stress: false })
  if (gate === null) throw new Error('the profile has no gate')
  return { gate, plan: planGate(gate) }
}

/** Slices of one second each, all arms twice in each round. */
export function slicesOf({ groups }: Gate, rounds: number, rate: Rate): readonly SliceSummary[] {
  return Array.from({ length: rounds }, (_, round) =>
    groups.flatMap((arms, group) =>
      [0, 1].flatMap((cycle) =>
        arms.flatMap((arm, index) => {
          const ok = rate(arm, round, group)
          return ok === null ? [] : [sliceOf(arm, { round, group, order: cycle * arms.length + index, ok })]
        }),
      ),
    ),
  ).flat()
}

function sliceOf(
  identity: Arm,
  { ok, ...place }: { readonly round: number; readonly group: number; readonly order: number; readonly ok: number },
): SliceSummary {
  const latency = { p50Ms: 1000 / ok, p95Ms: 2000 / ok, p99Ms: 3000 / ok }
  const use = { use: 'both', startNs: 0, durationNs: 1e9, failed: 0, slow: null, targetCpuMs: 500 } as const
  // The builds are the first group, and each of them a process of its own.
  const [rssKb, heapKb] = place.group === 0 ? [60_000, 20_000] : [null, null]
  const held = { rssKb, heapKb }
  return { ...place, identity, ok, ...latency, ...use, ...held }
}
