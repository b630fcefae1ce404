import { createHash } from 'node:crypto'
import type { ResultEnvironment } from './result.ts'

/** A profile as its user would write it, defaults filled in. */
export type ProfileDocument = Readonly<Record<string, unknown>>

/** What names a run or judges it, or is measured beside the target. Keys that nobody knows yet count as shaping. */
const shapesNothing = ['$schema', 'extends', 'name', 'seed', 'base', 'ceilings', 'thresholds', 'guards']

/** The part of an effective profile that shapes the measurement in one mode: no names, no limits, no other mode. */
export function shapingPart(profile: ProfileDocument, mode: string): ProfileDocument {
  const kept = Object.entries(profile).filter(([key]) => !shapesNothing.includes(key))
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (!isRecord(value)) return [key, value]
      if (key === 'modes' || key === 'stress') return [key, { [mode]: value[mode] }]
      return [key, key === 'policies' ? withoutLimits(value) : value]
    }),
  )
}

/** What a policy is held to does not shape it. */
function withoutLimits(policies: ProfileDocument): ProfileDocument {
  return Object.fromEntries(
    Object.entries(policies).map(([name, policy]) => {
      if (!isRecord(policy)) return [name, policy]
      const { bounds: _bounds, cost: _cost, ...rest } = policy
      return [name, rest]
    }),
  )
}

/** 16 hex digits that are the same for profiles that measure the same in this mode, whatever the order of their keys. */
export function profileFingerprint(profile: ProfileDocument, mode: string): string {
  return fingerprint(shapingPart(profile, mode))
}

/** What a profile measures besides the baseline. */
const besideBaseline = ['policies', 'stress', 'stressClient', 'scenario']

/** What a mode says of the slices of its gate; all else is of other stages, or of what they take together. */
const shapesSlices = ['slice', 'discard', 'drain', 'warmup', 'gate']

/**
 * 16 hex digits that are the same for profiles whose baseline is measured alike in this mode's gate: what two measurements
 * of it differ by does not depend on the policies that are measured beside it.
 */
export function controlFingerprint(profile: ProfileDocument, mode: string): string {
  const { modes, ...others } = shapingPart(profile, mode)
  const kept = Object.entries(others).filter(([key]) => !besideBaseline.includes(key))
  const own = isRecord(modes) && isRecord(modes[mode]) ? modes[mode] : {}
  const slices = Object.fromEntries(Object.entries(own).filter(([key]) => shapesSlices.includes(key)))
  return fingerprint({ ...Object.fromEntries(kept), mode: slices })
}

/** 16 hex digits that are the same for hosts whose absolute figures may be compared. */
export function hostFingerprint(
  host: Pick<
    ResultEnvironment,
    | 'cpuModel'
    | 'cores'
    | 'memBytes'
    | 'cgroupMemBytes'
    | 'cgroupCpus'
    | 'kernel'
    | 'node'
    | 'virtualisation'
    | 'governor'
  >,
): string {
  const { cpuModel, cores, memBytes, cgroupMemBytes, cgroupCpus, virtualisation, governor } = host
  return fingerprint({
    cpuModel,
    cores,
    // A kernel keeps a little for itself, and not always as much.
    memory: Math.round(memBytes / 2 ** 28),
    cgroupMemBytes,
    cgroupCpus,
    kernel: minorOf(host.kernel),
    // Another minor version has another V8 at times, and another garbage collector.
    node: minorOf(host.node),
    virtualisation,
    governor,
  })
}

/** A version without its patches. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

function fingerprint(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

function isRecord(value: unknown): value is ProfileDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
