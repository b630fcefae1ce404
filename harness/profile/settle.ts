import type { Problem } from '../kernel/errors.ts'
import { type Change, modeDefaults, modeNames, type ModeName, raisedToFloor } from './modes.ts'
import { type ProfileOverrides, selectPolicies } from './overrides.ts'
import type { Mark } from './provenance.ts'
import { profileName, type RawProfile } from './schema.ts'
import { isIdempotent, type RawRequest, requestName } from './workload.ts'

/** The source of a profile that no file holds. */
export const anonymous = '<object>'

/** What a sound document leaves open: defaults that depend on other settings, floors, and the choice of policies. */
export function settle(
  raw: RawProfile,
  source: string,
  mode: ModeName,
  overrides: ProfileOverrides,
): { readonly changes: readonly (Change & Mark)[]; readonly warnings: readonly Problem[] } {
  const raised = raisedToFloor(mode, raw.modes[mode])
  const afterFloors = (name: ModeName) =>
    name === mode
      ? raised.changes.reduce(
          (all, { pointer, value }) => ({ ...all, [pointer.split('/').at(-1) ?? '']: value }),
          raw.modes[name],
        )
      : raw.modes[name]
  const defaults: Change[] = [
    ...(raw.name === undefined ? [{ pointer: '/name', value: nameOf(source) }] : []),
    ...(raw.load.connections === undefined ? [{ pointer: '/load/connections', value: raw.load.workers }] : []),
    ...raw.workload.requests.flatMap(requestDefaults),
    ...modeNames.flatMap((name) => modeDefaults(name, afterFloors(name), raw.load.workers)),
  ]
  const open = [...raised.changes, ...defaults].map((change) => ({ ...change, origin: 'default' as const }))
  const chosen = selectPolicies(overrides, raw.modes[mode].policies, Object.keys(raw.policies))
  const selection = { pointer: `/modes/${mode}/policies`, value: chosen, origin: 'flag' as const }
  return { changes: chosen ? [...open, selection] : open, warnings: raised.warnings }
}

function requestDefaults(request: RawRequest, index: number): Change[] {
  const pointer = `/workload/requests/${index}`
  return [
    ...(request.name === undefined ? [{ pointer: `${pointer}/name`, value: requestName(request) }] : []),
    ...(request.idempotent === undefined ? [{ pointer: `${pointer}/idempotent`, value: isIdempotent(request) }] : []),
  ]
}

/** A name that can be a folder, from the name of the file. */
function nameOf(source: string): string {
  const file = source === anonymous ? '' : (source.split(/[\\/]/u).at(-1) ?? '')
  const name = file
    .replace(/\.[a-z]+$/iu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/gu, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/gu, '')
    .slice(0, 64)
  return new RegExp(profileName, 'u').test(name) ? name : 'profile'
}
