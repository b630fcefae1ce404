import type { JsonObject } from '../kernel/json.ts'
import { durationNs } from '../kernel/units.ts'
import { parseExpect } from './expectation.ts'
import { parseExtract } from './extraction-settings.ts'
import { parseFeeds } from './feed-file.ts'
import { parsePause, type RawPause } from './pause.ts'
import { pathAt, type Place } from './place.ts'
import { type AnyMember, isIdempotent, memberOf, type PlacedRequest, requestName, scenariosOf } from './requests.ts'
import { isTemplated } from './template.ts'
import type { Scenario, Workload, WorkloadRequest } from './workload.ts'

/** A workload as a profile holds it, after the schema's defaults. */
export interface RawWorkload extends JsonObject {
  readonly protocol: string
  readonly timeout: string
}

/** Reads a workload that has no problems. Files that it names are read, or their paths made absolute. */
export function parseWorkload(raw: RawWorkload, place: Place): Workload {
  const member = memberOf(raw) as AnyMember
  const { script, variables, feeds = {} } = raw
  const requests: WorkloadRequest[] = []
  const scenarios = scenariosOf(raw).map(({ name, weight, steps }): Scenario => {
    const parsed = steps.map((request) => parseRequest(request, weight, member, place))
    const first = requests.length
    requests.push(...parsed)
    return { name: name ?? parsed[0]?.name ?? '', weight, steps: parsed.map((_, index) => first + index) }
  })
  // The table of protocols holds that a protocol's name, connection and messages belong together.
  return {
    protocol: raw.protocol,
    connection: member.parseConnection(raw, place),
    timeoutNs: durationNs(raw.timeout),
    requests,
    scenarios,
    variables: variables ?? {},
    feeds: parseFeeds(feeds as JsonObject, place),
    script: typeof script === 'string' ? pathAt(place, script) : null,
  } as unknown as Workload
}

function parseRequest(request: PlacedRequest, weight: number, member: AnyMember, place: Place): WorkloadRequest {
  const { raw } = request
  const message = member.parseMessage(raw, place) as WorkloadRequest['message']
  return {
    name: requestName(request, member),
    message,
    expect: parseExpect((raw['expect'] ?? {}) as JsonObject, raw, member),
    extract: parseExtract((raw['extract'] ?? {}) as JsonObject),
    idempotent: isIdempotent(request, member),
    templated: isTemplated(message),
    weight,
    pause: parsePause(raw['pause'] as RawPause | undefined),
  }
}
