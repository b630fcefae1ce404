import { readWindows } from '../archive/read.ts'
import type { Result } from '../archive/result.ts'
import { holdCeilings } from '../judge/ceilings.ts'
import type { Limit } from '../judge/limits.ts'
import { judgeMemory, type LiveTerms, memoryDoubts } from '../judge/memory/live.ts'
import { comparablesOf, noReference } from '../judge/thresholds/against.ts'
import { holdThresholds } from '../judge/thresholds/hold.ts'
import { watchThresholds } from '../judge/thresholds/watch.ts'
import { watchWindows, type WindowSummary } from '../judge/windows.ts'
import { isSoakrigError, messageOf } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { durationNs } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import { parseCeilings } from '../profile/ceilings.ts'
import { parseThresholds, type RawThresholds } from '../profile/threshold-settings.ts'
import { judgedWindow } from './archived-window.ts'
import { memoryOf } from './memory.ts'
import { growthOf } from './metrics.ts'
import { figuresIn } from './reference-figures.ts'
import { windowGroupsOf } from './window-groups.ts'

/** What the windows of a result come to once more. */
interface ReadWindows {
  /** Limits that are about windows, or about what the target used in them. */
  readonly limits: readonly Limit[]
  /** The parts of a result that follow from its windows. */
  readonly parts: Pick<Result, 'memory' | 'windowGroups'>
  /** How much the target grew. */
  readonly growth: ReturnType<typeof growthOf>
  /** How failures lie among the windows of a phase without a fault, by phase. */
  readonly errors: WindowSummary['errors']
  /** Empty for a run that was ended early. */
  readonly doubts: readonly Doubt[]
}

/** The windows of a result, or why there are none to judge by. */
export type WindowsAgain =
  | { readonly read: ReadWindows }
  | {
      readonly read: null
      readonly why: string
      /** Whether there is a file, and not the one that the result was made from. */
      readonly altered: boolean
    }

/** Where there is nothing but the document of a result. */
export const withoutFile: WindowsAgain = {
  read: null,
  why: 'its document came without the folder that it was archived in',
  altered: false,
}

/** Reads the windows beside a result file, and judges what is about them once more; resolves whatever they are. */
export async function judgeWindowsAgain(result: Result, file: string | null): Promise<WindowsAgain> {
  if (file === null) return withoutFile
  if (result.windows === null) return { read: null, why: 'its run left none', altered: false }
  try {
    return { read: await readAgain(result, file) }
  } catch (error) {
    // What cannot be judged, such as a histogram that is none, no run has left either.
    return { read: null, why: messageOf(error), altered: !(isSoakrigError(error) && error.code === 'windows-missing') }
  }
}

async function readAgain(result: Result, file: string): Promise<ReadWindows> {
  const profile = limitsIn(result)
  const groups = watchWindows((result.windowGroups ?? []).map(({ phase }) => phase))
  const watch = watchThresholds(profile, () => {})
  const figures = figuresIn(result)
  const comparables = comparablesOf({
    arms: armsIn(result),
    baselines: {
      whole: (path) => figures.arm(`baseline/baseline-${path}`),
      successes: (path) => figures.successes(`baseline/baseline-${path}`),
    },
    windows: () => groups.read(),
    reference: noReference,
  })
  watch.holdTo(comparables)
  for await (const line of readWindows(file, result)) {
    const window = judgedWindow(line)
    groups.add(window)
    watch.add(window)
  }
  const windows = groups.read()
  const stressed = result.phases.some(({ kind }) => kind === 'stress')
  const held = holdThresholds({ profile, clean: [], windows, findings: watch.read(), comparables })
  const memory =
    stressed && result.run.mode === 'long'
      ? judgeMemory(windows.lows, {
          calibration: null,
          memoryCeiling: profile.ceilings.rssDeltaKb !== null,
          heap: heapTermsOf(result),
          overloaded: result.scenario !== undefined,
        })
      : null
  const whole = result.run.abortedBy === null
  return {
    limits: [
      ...holdCeilings(profile.ceilings, {
        arms: [],
        slices: [],
        windows,
        stressed,
      }),
      ...held.limits,
    ],
    parts: { ...windowGroupsOf(windows), ...memoryOf(memory) },
    growth: growthOf(windows, memory),
    errors: windows.errors,
    doubts: whole ? [...held.doubts.filter(isOfWindows), ...(memory ? memoryDoubts(memory) : [])] : [],
  }
}

/** Why the heap could not be asked for is believed; what was read of it is in the windows. */
function heapTermsOf({ memory, config: { profile } }: Result): LiveTerms['heap'] {
  if (memory?.heap === undefined) return null
  return { asked: recordIn(profile['target'])['heap'] === 'inspector', missing: memory.heap.missing }
}

/** What is left out of arms is told in the same doubt. */
function isOfWindows({ kind }: Doubt): boolean {
  return kind !== 'limit-left-out'
}

function armsIn({ phases }: Result) {
  return phases.flatMap(({ id, arms }) =>
    arms.map(({ arm, path }) => ({ id: `${id}/${arm}-${path}`, phase: id, path })),
  )
}

/** The limits of the profile that a result was made with. */
function limitsIn({ config: { profile }, run: { mode } }: Result) {
  const { thresholds, ceilings, policies, modes } = profile
  const own = recordIn(recordIn(modes)[mode])
  return {
    thresholds: parseThresholds(recordIn(thresholds) as RawThresholds),
    policies: Object.entries(recordIn(policies)).map(([name, policy]) => {
      const { client, under, bounds } = recordIn(policy)
      const kind = client === undefined ? 'fault' : under === undefined ? 'client' : 'combined'
      return { name, kind, bounds: parseThresholds(recordIn(bounds) as RawThresholds) } as const
    }),
    ceilings: parseCeilings({ errorRate: null, rssDeltaKb: null, ...recordIn(ceilings) }),
    mode: {
      name: mode === 'long' ? 'long' : 'smoke',
      durationNs: typeof own['duration'] === 'string' ? durationNs(own['duration']) : Number.POSITIVE_INFINITY,
    },
  } as const
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/** That something of a result was believed for want of its windows; nothing where nothing of it rests on them. */
export function windowsDoubt(windows: WindowsAgain, rests: boolean): readonly Doubt[] {
  if (windows.read !== null || !rests) return []
  return [doubt('windows-unread', `the windows of the result were not judged again: ${windows.why}`, [])]
}
