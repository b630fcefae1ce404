import type { Layer } from '../faults/rule.ts'
import type { Clock } from '../kernel/clock.ts'
import { addRecords } from '../measure/counts.ts'
import type { SliceMeasurement } from '../measure/measurements.ts'
import { addRules, type RuleTallies, type RuleTally, rulesBetween } from '../measure/rule-tally.ts'
import { addTallies } from '../measure/tally.ts'
import type { Arm } from '../plan/arms.ts'
import { actsOnPath, type Installed } from '../plan/timeline.ts'
import { dependencyArm } from './dependencies.ts'
import type { TargetLife } from './life.ts'
import type { Installer } from './steps.ts'
import { type RunningTargetFaults, startTargetFaults } from './target-faults.ts'

/** Where faults are put in force, and who hears of what goes wrong. */
export interface InstallerOptions {
  readonly life: TargetLife
  readonly clock: Clock
  readonly failed: (error: unknown) => void
  readonly arm: Arm
  /** From when schedules count, and when faults on the target end by themselves. */
  readonly originNs: number
  readonly endNs: number
  /** Whether the arm's own path changes too; else it has its rules for good. */
  readonly changesPath: boolean
}

/** What the faults did that no reading of the arm's own relay tells. */
export type BesidePath = Pick<SliceMeasurement, 'tallies' | 'faultCounters' | 'rules'>

/** An installer of one slice. */
export interface SliceInstaller extends Installer {
  /**
   * Takes everything away; resolves when the target runs and serves as before, with what was done besides the path. What
   * acts on the target is undone also where a relay is gone: then it rejects after that.
   */
  end(): Promise<BesidePath>
}

/**
 * Puts faults in force that are not there for a whole life of the target: those of steps, those at a dependency, which all
 * arms use, and those on the target itself.
 */
export async function createInstaller(options: InstallerOptions): Promise<SliceInstaller> {
  const { life, arm, changesPath } = options
  const dependencies = life.dependencies?.relay ?? null
  const names = Object.keys(dependencies?.ports ?? {})
  const before = await dependencyRules(life, changesPath)
  const running = new Map<string, { readonly layer: Layer; readonly faults: RunningTargetFaults }>()
  let done: BesidePath = { tallies: {}, faultCounters: {}, rules: {} }

  const endTargetFaults = async (kept: readonly string[]): Promise<void> => {
    const over = [...running].filter(([name]) => !kept.includes(name))
    for (const [name] of over) running.delete(name)
    await Promise.all(over.map(([, { faults }]) => faults.stop()))
    for (const [name, { layer, faults }] of over) {
      const { tallies, counters } = faults
      const [first] = layer.rules
      const fired = Object.keys(tallies).length > 0 && first
      done = {
        tallies: addTallies(done.tallies, tallies),
        faultCounters: addRecords(done.faultCounters, counters),
        rules: fired ? addRules(done.rules, { [`${name}/${first.name}`]: ofTarget(tallies) }) : done.rules,
      }
    }
  }
  const install = async (installed: readonly Installed[]): Promise<void> => {
    const sound = installed.map(({ layer, at }) => ({ layer: { ...layer, rules: rulesOf(options, layer) }, at }))
    const layersAt = (where: string): Layer[] =>
      sound.filter(({ at }) => at !== null && dependencyArm(at) === where).map(({ layer }) => layer)
    if (changesPath && arm.path === 'relay')
      await life.relay?.setLayers(
        arm.id,
        sound.filter(actsOnPath).map(({ layer }) => layer),
      )
    for (const name of names) await dependencies?.setLayers(name, layersAt(name))
    await endTargetFaults(sound.map(({ layer }) => layer.name))
    for (const { layer } of sound) {
      if (!running.has(layer.name)) running.set(layer.name, { layer, faults: startOn(options, layer) })
    }
  }
  return {
    install,
    async end() {
      try {
        await install([])
      } finally {
        await endTargetFaults([])
      }
      const besides = rulesBetween(before, await dependencyRules(life, changesPath))
      return { ...done, rules: addRules(done.rules, besides) }
    },
  }
}

/** None of a policy under the sabotage that turns faults off. */
function rulesOf({ life, arm }: InstallerOptions, { rules }: Layer): Layer['rules'] {
  return life.rulesOf({ ...arm, phaseKind: 'policy', rules })
}

function startOn({ life, clock, failed, originNs, endNs }: InstallerOptions, { rules }: Layer): RunningTargetFaults {
  return startTargetFaults(rules, { handle: life.handle, clock, originNs, untilNs: endNs, failed })
}

/** What rules did at dependencies: of a slice that has steps, whose own relay does not tell it. */
async function dependencyRules({ dependencies }: TargetLife, wanted: boolean): Promise<RuleTallies> {
  if (!dependencies || !wanted) return {}
  const { arms } = await dependencies.relay.read()
  return Object.values(arms)
    .map(({ rules }) => rules)
    .reduce(addRules, {})
}

/** There is no traffic to match: it is what the fault tried. */
function ofTarget(tallies: RuleTally['tallies']): RuleTally {
  const matched = Object.values(tallies).reduce((sum, { eligible }) => sum + eligible, 0)
  return { connections: 0, matched, tallies }
}
