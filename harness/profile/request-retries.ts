import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { retryProblems } from '../resilience/retry/problems.ts'
import { parseRules, type RetrySettings } from '../resilience/retry/settings.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import { type ClientHolders, clientPlaces } from './client-places.ts'
import { memberOf, type PlacedRequest, requestName, scenariosOf } from '../workload/requests.ts'

/** What the schema cannot say of the `retry` of requests. */
export function requestRetryProblems(
  document: ClientHolders & { readonly workload: unknown },
  sound: (pointer: string) => boolean,
): Problem[] {
  const retried = withRetry(document.workload).filter(({ where }) => sound(`${where}/retry`))
  if (clientPlaces(document).some(({ client }) => hasRetry(client)))
    return retried.flatMap(({ raw, where }) => retryProblems(raw['retry'], `${where}/retry`))
  const message = 'found a retry, allowed: none where no client has a retry, whose place it would take'
  return retried.map(({ where }) => ({ where: `${where}/retry`, message }))
}

/** A client whose retry knows what requests of the workload have in place of it. */
export function withRequestRetries(client: ClientPolicies, workload: unknown): ClientPolicies {
  const member = isRecord(workload) ? memberOf(workload) : undefined
  const own = withRetry(workload).filter(({ raw }) => raw['retry'] !== true)
  if (!member || own.length === 0) return client
  const requests = Object.fromEntries(
    own.map((request) => {
      const { retry } = request.raw
      return [requestName(request, member), retry === false ? null : parseRules(retry)]
    }),
  )
  return client.map((stage) =>
    stage.keyword === 'retry' ? { ...stage, settings: { ...(stage.settings as RetrySettings), requests } } : stage,
  )
}

function withRetry(workload: unknown): PlacedRequest[] {
  if (!isRecord(workload)) return []
  return scenariosOf(workload)
    .flatMap(({ steps }) => steps)
    .filter(({ raw }) => raw['retry'] !== undefined)
}

function hasRetry(client: unknown): boolean {
  const places: readonly unknown[] = Array.isArray(client) ? client : [client]
  return places.some((one) => isRecord(one) && one['retry'] !== undefined)
}
