import { type Problem, SoakrigError } from '../kernel/errors.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import { parseWorkload } from '../workload/parse.ts'
import type { Place } from '../workload/place.ts'
import { workloadProblems } from '../workload/problems.ts'
import { parseCeilings } from './ceilings.ts'
import { clientWarnings } from './client-warnings.ts'
import { dependencyProblems, parseDependencies } from './dependencies.ts'
import { copyOf, found, isRecord, valueAt, within } from '../kernel/json.ts'
import { type Document, withValue } from './document.ts'
import { expandReferences, secretsOf, withoutSecrets } from './env-references.ts'
import { faultPathProblems } from './fault-path.ts'
import { guardProblems, parseGuards } from './guards.ts'
import { loadProblems, parseLoad } from './load.ts'
import { modeNames, modeProblems, type ModeName, parseMode, stressNs } from './modes.ts'
import {
  applyOverrides,
  modeNameProblems,
  placedAtOrigin,
  type ProfileOverrides,
  selectionProblems,
} from './overrides.ts'
import { parsePolicies, policyProblems } from './policies.ts'
import { parseClientAt, policyModuleProblems } from './policy-modules.ts'
import type { Profile } from './profile.ts'
import { asWritten, provenanceOf } from './provenance.ts'
import { baseProblems, buildProblems, parseBase, withBuilds } from './former-build.ts'
import { profileKeys, type RawProfile } from './schema.ts'
import { requestRetryProblems, withRequestRetries } from './request-retries.ts'
import { cureProblems } from './cures.ts'
import { parseScenario, scenarioProblems, scenarioWarnings, withCure } from './scenario.ts'
import { settle } from './settle.ts'
import { stepWarnings } from './step-warnings.ts'
import { parseStress, stressProblems } from './stress.ts'
import { dialledKeywords, targetFaultProblems } from './target-faults.ts'
import { parseTargets, targetPlaces, targetsProblems } from './targets.ts'
import { parseThresholds, thresholdProblems } from './threshold-settings.ts'
import { thresholdWarnings } from './threshold-warnings.ts'
import { validateDocument } from './validate.ts'
import { firingWarnings } from './warnings.ts'

/** A document read from a source, bases merged in, with what was wrong on the way; undefined where it cannot be read. */
export interface Draft {
  readonly document: unknown
  readonly source: string
  /** The folder from which the files that it names are looked for. */
  readonly directory: string
  readonly problems: readonly Problem[]
}

/** Makes a profile of a draft; throws `bad-profile` (104) with all problems at once. */
export function compileProfile(draft: Draft, overrides: ProfileOverrides): Profile {
  const name: string = overrides.mode ?? 'long'
  const unknownMode = modeNameProblems(name)
  const mode = (unknownMode.length > 0 ? 'long' : name) as ModeName
  if (draft.document === undefined && draft.problems.length > 0) {
    throw badProfile(draft.source, [...draft.problems, ...unknownMode])
  }
  if (!isRecord(draft.document)) {
    const shape = { where: '/', message: `found ${found(draft.document)}, allowed: an object` }
    throw badProfile(draft.source, [...draft.problems, ...unknownMode, shape])
  }
  const { document: cured, problems: incurable } = withCure(
    withBuilds(withoutOwnKeys(draft.document), overrides.builds ?? {}),
    overrides.cure,
  )
  const { document, overridden, problems: homeless } = applyOverrides(cured, overrides, mode)
  const place: Place = { directory: draft.directory }
  const { filled, problems: told } = filledIn(document, overrides, place)
  const placed = told.map((problem) => placedAtOrigin(problem, overridden))
  const ofBuilds = buildProblems(overrides.builds ?? {})
  const problems = [...draft.problems, ...unknownMode, ...ofBuilds, ...incurable, ...homeless, ...placed]
  if (problems.length > 0) throw badProfile(draft.source, problems)
  const ofCures = cureProblems(
    withoutOwnKeys(draft.document),
    (other) => filledIn(applyOverrides(other, overrides, mode).document, overrides, place).problems,
  )
  if (ofCures.length > 0) throw badProfile(draft.source, ofCures)

  const written = asWritten(filled, document) as Document
  const settled = settle(filled as unknown as RawProfile, draft.source, mode, overrides, written)
  const apply = (target: Document): Document =>
    settled.changes.reduce((all, { pointer, value }) => withValue(all, pointer, value), target)
  const effective = inOrder(apply(written))
  return {
    ...parsed(
      apply(filled) as unknown as RawProfile,
      mode,
      settled.warnings.map((one) => placedAtOrigin(one, overridden)),
      place,
    ),
    source: draft.source,
    effective,
    secrets: secretsOf(document, overrides.env),
    provenance: provenanceOf(effective, document, [...overridden, ...settled.changes]),
  }
}

/** A document with what it refers to and all defaults, and what is wrong with it. */
function filledIn(
  document: Document,
  overrides: ProfileOverrides,
  place: Place,
): { readonly filled: Document; readonly problems: readonly Problem[] } {
  const { document: expanded, problems: unset } = expandReferences(document, overrides.env)
  const filled = copyOf(expanded) as Document
  const found = documentProblems(filled, overrides, place).filter(
    ({ where }) => !unset.some((one) => one.where === where),
  )
  return { filled, problems: [...unset, ...found.map((problem) => withoutSecrets(problem, document, expanded))] }
}

function inOrder(document: Document): Document {
  return Object.fromEntries(profileKeys.filter((key) => document[key] !== undefined).map((key) => [key, document[key]]))
}

/** The keys that speak of the file and not of the run are gone from what takes effect. */
function withoutOwnKeys({ $schema: _, ...document }: Document): Document {
  return document
}

/** What is wrong with a document; the schema's defaults are filled into it on the way. */
function documentProblems(filled: Document, overrides: ProfileOverrides, place: Place): Problem[] {
  const bySchema = validateDocument(filled)
  const sound = (pointer: string): boolean =>
    valueAt(filled, pointer) !== undefined &&
    !bySchema.some(({ where }) => within(where, pointer) || within(pointer, where))
  const raw = filled as unknown as RawProfile
  const declared = isRecord(raw.policies) ? Object.keys(raw.policies) : []
  // Of several targets the first is the one that faults and policies are about.
  const [first] = targetPlaces(filled)
  const ofFirst = { ...filled, workload: raw.workload, target: first?.raw }
  const soundOfFirst = (pointer: string): boolean => sound(pointer === '/target' ? (first?.where ?? pointer) : pointer)
  return [
    ...bySchema,
    ...targetsProblems(filled, sound),
    ...baseProblems(filled, sound),
    ...workloadProblems(raw.workload, sound, place),
    ...(sound('/load') ? loadProblems(raw.load) : []),
    ...modeNames.flatMap((name) => (sound(`/modes/${name}`) ? modeProblems(name, raw.modes[name], declared) : [])),
    ...policyProblems(raw.policies, soundOfFirst, ofFirst),
    ...policyModuleProblems(filled, sound, place),
    ...requestRetryProblems(raw, sound),
    ...dependencyProblems(ofFirst, sound),
    ...stepProblems(raw, sound),
    ...faultPathProblems(filled),
    ...targetFaultProblems(ofFirst, soundOfFirst),
    ...selectionProblems(overrides, declared),
    ...thresholdProblems(raw.thresholds, '/thresholds'),
    ...guardProblems(raw.guards, sound),
    ...scenarioProblems(filled, sound),
  ]
}

function stepProblems(raw: RawProfile, sound: (pointer: string) => boolean): Problem[] {
  const policies = isRecord(raw.policies) ? Object.entries(raw.policies) : []
  const isFaulty = (policy: unknown): boolean =>
    isRecord(policy) && ['fault', 'rules', 'under'].some((key) => policy[key] !== undefined)
  return stressProblems(raw.stress, sound, {
    durationNs: (mode) => (sound(`/modes/${mode}`) ? stressNs(mode, raw.modes[mode]) : Number.POSITIVE_INFINITY),
    policies: policies.map(([name]) => name),
    faulty: policies.filter(([, policy]) => isFaulty(policy)).map(([name]) => name),
    dialled: (name) => dialledKeywords(isRecord(raw.policies) ? raw.policies[name] : undefined),
    workload: isRecord(raw.workload) && sound('/workload') ? raw.workload : null,
  })
}

function parsed(
  raw: RawProfile,
  mode: ModeName,
  warnings: readonly Problem[],
  place: Place,
): Omit<Profile, 'source' | 'effective' | 'secrets' | 'provenance'> {
  const load = parseLoad(raw.load)
  const chosen = parseMode(mode, raw.modes[mode])
  const policies = parsePolicies(raw.policies, raw.workload, place)
  const stress = parseStress(raw.stress, mode)
  const scenario = parseScenario(raw as unknown as Document, mode)
  const stressClient = stressClientOf(raw, mode, place)
  const workload = parseWorkload(raw.workload, place)
  return {
    name: raw.name ?? 'profile',
    seed: raw.seed,
    ...parseTargets(raw as unknown as Document),
    base: parseBase(raw as unknown as Document),
    dependencies: parseDependencies(raw.dependencies),
    workload,
    load,
    mode: chosen,
    policies,
    stress,
    stressClient,
    scenario,
    ceilings: parseCeilings(raw.ceilings),
    thresholds: parseThresholds(raw.thresholds),
    guards: parseGuards(raw.guards),
    warnings: [
      ...warnings,
      ...firingWarnings(policies, load, chosen),
      ...clientWarnings(policies, stressClient, chosen, workload),
      ...stepWarnings(stress, policies, chosen),
      ...scenarioWarnings(scenario, stress, chosen),
      ...thresholdWarnings(raw, stress, chosen),
    ],
  }
}

function stressClientOf({ stress, workload }: RawProfile, mode: ModeName, place: Place): ClientPolicies {
  const client = stress?.[mode]?.client
  return client === undefined ? [] : withRequestRetries(parseClientAt(client, place), workload)
}

/** The error of a profile that cannot be used, every problem in it. */
export function badProfile(source: string, problems: readonly Problem[]): SoakrigError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return new SoakrigError(`bad profile ${source}: ${count}`, {
    code: 'bad-profile',
    exit: 'usage',
    hint: 'Correct every place that is named; profiles/profile.schema.json describes each key.',
    problems,
  })
}
