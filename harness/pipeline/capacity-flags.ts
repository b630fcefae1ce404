import { parseSlo, type Slo, sloOf } from '../judge/capacity/slo.ts'
import { parseArrivalRate } from '../kernel/arrival-rate.ts'
import { nsPerMs, parseQuantity } from '../kernel/units.ts'
import type { Profile, Provenance } from '../profile/profile.ts'
import { badFlag } from './bad-flag.ts'
import type { CapacitySettings } from './capacity-plan.ts'

/** What a search for the capacity is told on the command line, as it was written. */
export interface CapacityFlags {
  readonly slo: readonly string[] | undefined
  readonly from: string | undefined
  readonly 'max-rate': string | undefined
  readonly step: string | undefined
  readonly budget: string | undefined
  readonly loops: boolean
}

/** Above this nobody's machine gets. */
const mostPerSecond = 1e6
const standardStep = '5s'
/** A shorter slice tells nothing. */
const leastStepNs = 250 * nsPerMs

/** Reads the flags; without one for it, the latency to keep is that of the profile's thresholds. Throws `bad-flag` (104). */
export function capacitySettingsOf(
  flags: CapacityFlags,
  { thresholds }: Pick<Profile, 'thresholds'>,
): CapacitySettings {
  const fromPerSecond = flags.from === undefined ? null : perSecond('--from', flags.from)
  const most = flags['max-rate'] === undefined ? mostPerSecond : perSecond('--max-rate', flags['max-rate'])
  if (fromPerSecond !== null && fromPerSecond > most)
    throw badFlag('--from', flags.from ?? '', `at most the ${most} per second of --max-rate`)
  const { step = standardStep, budget } = flags
  const stepNs = durationOf('--step', step)
  if (stepNs < leastStepNs) throw badFlag('--step', step, 'at least 250ms')
  const slos = flags.slo?.map(sloFlag) ?? thresholds.map(sloOf).filter((slo) => slo !== null)
  const settings = {
    stepNs,
    slos,
    fromPerSecond,
    mostPerSecond: most,
    loops: flags.loops,
    budgetNs: budget === undefined ? null : durationOf('--budget', budget),
  }
  const written = {
    step,
    slo: slos.map(({ expr }) => expr),
    from: flags.from ?? null,
    maxRate: flags['max-rate'] ?? null,
    budget: budget ?? null,
    loops: flags.loops,
  }
  return { ...settings, written, provenance: provenanceOf(written, flags) }
}

/** Where the settings came from; a latency that nobody asked for by a flag is the profile's. */
function provenanceOf(written: Readonly<Record<string, unknown>>, flags: CapacityFlags): Profile['provenance'] {
  const { slo, loops, ...others } = flags
  const asked = { ...others, maxRate: flags['max-rate'], loops: loops ? undefined : false } as Readonly<
    Record<string, unknown>
  >
  const leaves = Object.keys(written).flatMap((key): [string, Provenance][] => {
    if (key !== 'slo') return [[`/capacity/${key}`, asked[key] === undefined ? 'default' : 'flag']]
    const origin = slo === undefined ? 'profile' : 'flag'
    return (written[key] as readonly string[]).map((_, index) => [`/capacity/slo/${index}`, origin])
  })
  return Object.fromEntries(leaves)
}

function sloFlag(text: string): Slo {
  const parsed = parseSlo(text)
  if ('slo' in parsed) return parsed.slo
  throw badFlag('--slo', text, parsed.allowed)
}

function perSecond(flag: string, text: string): number {
  const rate = parseArrivalRate(text)
  if (rate?.kind === 'absolute' && rate.perSecond > 0 && rate.perSecond <= mostPerSecond) return rate.perSecond
  throw badFlag(flag, text, `arrivals per second, up to ${mostPerSecond}, such as 500, 500/s or 30/m`)
}

/** A bare number is in seconds. */
function durationOf(flag: string, text: string): number {
  const parsed = parseQuantity('duration', /^\d+(\.\d+)?$/u.test(text) ? `${text}s` : text)
  if ('value' in parsed && parsed.value > 0) return parsed.value
  throw badFlag(flag, text, 'a duration, such as 5s')
}
