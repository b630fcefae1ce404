import { extname } from 'node:path'
import type { Problem } from '../kernel/errors.ts'
import { found } from '../kernel/json.ts'
import { type ClientPolicies, parseClient, type RawClient, type RawPolicies } from '../resilience/settings.ts'
import { fileProblem, pathAt, type Place } from '../workload/place.ts'
import { scriptEndings } from '../workload/problems.ts'
import { type ClientHolders, clientPlaces } from './client-places.ts'

/** Reads a `client` without problems; the module of a policy of one's own is looked for where the profile is. */
export function parseClientAt(raw: RawClient, place: Place): ClientPolicies {
  const placed = (policies: RawPolicies): RawPolicies => {
    const { use } = policies
    return typeof use === 'string' ? { ...policies, use: pathAt(place, use) } : policies
  }
  return parseClient(isList(raw) ? raw.map(placed) : placed(raw))
}

/** What is wrong with the modules that the clients of a document name; only places for which `sound` holds are looked at. */
export function policyModuleProblems(
  document: ClientHolders,
  sound: (pointer: string) => boolean,
  place: Place,
): Problem[] {
  return clientPlaces(document)
    .filter(({ where }) => sound(where))
    .flatMap(({ client, where }) => clientModuleProblems(client as RawClient, where, place))
}

/** What is wrong with the modules that a `client` names which the schema let pass. */
function clientModuleProblems(raw: RawClient, where: string, place: Place): Problem[] {
  const named = isList(raw)
    ? raw.map(({ use }, index) => ({ use, at: `${where}/${index}/use` }))
    : [{ use: raw['use'], at: `${where}/use` }]
  return named.flatMap(({ use, at }) => {
    if (typeof use !== 'string') return []
    if (!scriptEndings.includes(extname(use)))
      return [{ where: at, message: `found ${found(use)}, allowed: a module that ends in ${scriptEndings.join(', ')}` }]
    const problem = fileProblem(pathAt(place, use), use)
    return problem === null ? [] : [{ where: at, message: problem }]
  })
}

function isList(raw: RawClient): raw is readonly RawPolicies[] {
  return Array.isArray(raw)
}
