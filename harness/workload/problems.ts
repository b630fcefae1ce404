import { extname } from 'node:path'
import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, type JsonObject, step } from '../kernel/json.ts'
import { durationNs } from '../kernel/units.ts'
import { expectProblems } from './expectation.ts'
import { extractProblems } from './extraction-settings.ts'
import { columnsOf, feedProblems } from './feed-file.ts'
import { deadHoleProblems, holeProblems, type KnownNames } from './hole-problems.ts'
import { nameProblems, repeatedNames } from './names.ts'
import { pauseProblems, type RawPause } from './pause.ts'
import { fileProblem, pathAt, type Place } from './place.ts'
import type { Look } from './protocol-member.ts'
import {
  type AnyMember,
  memberOf,
  type PlacedRequest,
  type PlacedScenario,
  requestName,
  scenariosOf,
} from './requests.ts'

const sources = ['requests', 'scenarios', 'script']

/** Modules that Node runs as they are. */
/** How a user's module may end. */
export const scriptEndings = ['.ts', '.mts', '.js', '.mjs']

/**
 * What the schema cannot say of a workload; only places for which `sound` holds are looked at. Files that it names are
 * read.
 */
export function workloadProblems(raw: unknown, sound: (pointer: string) => boolean, place: Place): Problem[] {
  const member = isRecord(raw) && sound('/workload/protocol') ? memberOf(raw) : undefined
  if (!isRecord(raw) || !member) return []
  const at = (where: string): Look => ({ where, place, sound: (below) => sound(where + below) })
  const look = at('/workload')
  const idle = look.sound('/timeout') && durationNs(raw['timeout']) === 0
  const scenarios = scenariosOf(raw)
  return [
    ...sourceProblems(raw),
    ...(idle ? [{ where: '/workload/timeout', message: 'found no time at all, allowed: more than 0' }] : []),
    ...member.connectionProblems(raw, look),
    ...scenarios.flatMap((scenario) => scenarioProblems(scenario, { raw, member, at })),
    ...repeated(scenarios, member, sound),
    ...dataProblems(raw, look),
    ...(look.sound('/script') ? scriptProblems(String(raw['script']), place) : []),
  ]
}

function sourceProblems(raw: JsonObject): Problem[] {
  const there = sources.filter((key) => key in raw)
  if (there.length === 1) return []
  const what = there.length === 0 ? 'none of requests, scenarios and script' : there.join(' and ')
  return [{ where: '/workload', message: `found ${what}, allowed: one of them` }]
}

/** What is known where the parts of a workload are looked at. */
interface Whole {
  readonly raw: JsonObject
  readonly member: AnyMember
  readonly at: (where: string) => Look
}

function scenarioProblems({ steps }: PlacedScenario, whole: Whole): Problem[] {
  const extracted = steps.map(({ raw }) => (isRecord(raw['extract']) ? Object.keys(raw['extract']) : []))
  const own = namesOf(whole)
  return steps.flatMap((request, index) =>
    requestProblems(request, whole, {
      ...own,
      extracted: extracted.slice(0, index).flat(),
      extractedLater: extracted.slice(index).flat(),
    }),
  )
}

function namesOf({ raw, at }: Whole): Pick<KnownNames, 'variables' | 'feeds'> {
  const { variables, feeds } = raw
  const { place } = at('')
  return {
    variables: isRecord(variables) ? Object.keys(variables) : [],
    feeds: new Map(Object.entries(isRecord(feeds) ? feeds : {}).map(([name, feed]) => [name, columnsOf(feed, place)])),
  }
}

function requestProblems(
  { raw, where }: PlacedRequest,
  { raw: workload, member, at }: Whole,
  names: KnownNames,
): Problem[] {
  const look = at(where)
  const sent = Object.entries(raw).filter(([key]) => key in member.request.properties && look.sound(step(key)))
  return [
    ...member.requestProblems(raw, look, { raw: workload, sound: at('/workload').sound }),
    ...sent.flatMap(([key, value]) => holeProblems(value, where + step(key), names)),
    ...expectProblems(raw['expect'], at(`${where}/expect`)),
    ...deadHoleProblems(raw['expect'], `${where}/expect`, names),
    ...extractProblems(raw['extract'], at(`${where}/extract`)),
    ...unansweredProblems(raw, look, member),
    ...(look.sound('/pause') ? pauseProblems(raw['pause'] as RawPause, `${where}/pause`) : []),
  ]
}

/** What is asked of answers that have no such part would never hold. */
function unansweredProblems(raw: JsonObject, { where }: Look, member: AnyMember): Problem[] {
  const missing = member.unanswered(raw)
  if (!missing) return []
  const { keys, why } = missing
  const told = (pointer: string): Problem => ({
    where: pointer,
    message: `found an expectation, allowed: none, since ${why}`,
  })
  const expects = isRecord(raw['expect']) ? Object.entries(raw['expect']) : []
  const extracts = isRecord(raw['extract']) ? Object.entries(raw['extract']) : []
  return [
    ...expects
      .filter(([key, value]) => (keys as readonly string[]).includes(key) && value !== null)
      .map(([key]) => told(`${where}/expect${step(key)}`)),
    ...extracts
      .filter(([, one]) => isRecord(one) && Object.keys(one).some((key) => (keys as readonly string[]).includes(key)))
      .map(([name]) => told(`${where}/extract${step(name)}`)),
  ]
}

function repeated(
  scenarios: readonly PlacedScenario[],
  member: AnyMember,
  sound: (pointer: string) => boolean,
): Problem[] {
  const requests = scenarios.flatMap(({ steps }) => steps).filter(({ where }) => sound(where))
  const named = scenarios.flatMap(({ name, where }) =>
    name !== undefined && sound(`${where}/name`) ? [{ name, where: `${where}/name` }] : [],
  )
  return [
    ...repeatedNames(
      requests.map((request) => ({
        name: requestName(request, member),
        where: `${request.where}/name`,
        ...(request.raw['name'] === undefined && { hint: ', the name it has by default: give it one' }),
      })),
    ),
    ...repeatedNames(named),
  ]
}

function dataProblems(raw: JsonObject, { where, sound, place }: Look): Problem[] {
  const { variables, feeds } = raw
  const names = isRecord(variables) ? Object.keys(variables) : []
  return [
    ...names.flatMap((name) => nameProblems(name, `${where}/variables${step(name)}`)),
    ...(isRecord(feeds) ? feedProblems(feeds, `${where}/feeds`, (below) => sound(`/feeds${below}`), place) : []),
  ]
}

function scriptProblems(file: string, place: Place): Problem[] {
  const where = '/workload/script'
  if (!scriptEndings.includes(extname(file)))
    return [{ where, message: `found ${found(file)}, allowed: a module that ends in ${scriptEndings.join(', ')}` }]
  const problem = fileProblem(pathAt(place, file), file)
  return problem === null ? [] : [{ where, message: problem }]
}
