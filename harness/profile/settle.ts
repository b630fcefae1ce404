import type { Problem } from '../kernel/errors.ts'
import { workloadDefaults } from '../workload/requests.ts'
import type { Document } from './document.ts'
import { steadyWorkers } from './load.ts'
import { type Change, modeDefaults, modeNames, type ModeName, raisedToFloor } from './modes.ts'
import { type ProfileOverrides, selectPolicies } from './overrides.ts'
import type { Mark } from './provenance.ts'
import { profileName, type RawProfile } from './schema.ts'

/** The source of a profile that no file holds. */
export const anonymous = '<object>'

/**
 * What a sound document leaves open: defaults that depend on other settings, floors, and the choice of policies.
 * `written` is the same document with `${env:NAME}` as it is written.
 */
export function settle(
  raw: RawProfile,
  source: string,
  mode: ModeName,
  overrides: ProfileOverrides,
  written: Document,
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
    // Made of what is written, or the values of `${env:NAME}` would get into names.
    ...workloadDefaults(written['workload'] as RawProfile['workload']),
    ...modeNames.flatMap((name) => modeDefaults(name, afterFloors(name), steadyWorkers(raw.load))),
  ]
  const open = [...raised.changes, ...defaults].map((change) => ({ ...change, origin: 'default' as const }))
  const chosen = selectPolicies(overrides, raw.modes[mode].policies, Object.keys(raw.policies))
  const selection = { pointer: `/modes/${mode}/policies`, value: chosen, origin: 'flag' as const }
  return { changes: chosen ? [...open, selection] : open, warnings: raised.warnings }
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
