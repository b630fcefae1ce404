import type { Problem } from '../kernel/errors.ts'
import { found, isRecord } from '../kernel/json.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { memberOf, requestName, scenariosOf } from '../workload/requests.ts'
import type { Document } from './document.ts'

/** A request of the workload as it may be named, and as its request line begins. */
interface NamedRequest {
  readonly name: string
  readonly method: string
  readonly path: string
}

function requestsOf(workload: Document): NamedRequest[] {
  const member = memberOf(workload)
  if (!member) return []
  return scenariosOf(workload)
    .flatMap(({ steps }) => steps)
    .map((request) => {
      const { method = 'GET', path = '' } = request.raw as Partial<NamedRequest>
      return { name: requestName(request, member), method, path }
    })
}

const isMeant = (text: string, { name, method, path }: NamedRequest): boolean =>
  name.includes(text) || `${method} ${path}`.includes(text)

/**
 * The requests of a workload of which a text is a part, of their name or of `METHOD /path`, as what their request lines begin
 * with: all of it, or what comes before the first template. A script's requests are not known: its texts stay as they are.
 */
export function requestLines(texts: readonly string[], workload: Document): string[] {
  if ('script' in workload) return [...texts]
  const meant = requestsOf(workload).filter((request) => texts.some((text) => isMeant(text, request)))
  const lines = meant.map(({ method, path }) => {
    const template = path.indexOf('{{')
    // The space is the one before the version: the path is to end there.
    return `${method} ${template === -1 ? `${path} ` : path.slice(0, template)}`
  })
  return [...new Set(lines)]
}

/** What is wrong with the requests that a rule on the way to the target names. */
export function requestProblems(texts: readonly string[], where: string, workload: unknown): Problem[] {
  if (texts.length === 0 || !isRecord(workload)) return []
  const obstacle = obstacleOf(workload)
  if (obstacle !== null) {
    const message = `found a request, but ${obstacle}, whose requests a relay cannot read; allowed: without it, or HTTP/1.1 without TLS`
    return [{ where, message }]
  }
  if ('script' in workload) return []
  const requests = requestsOf(workload)
  return texts
    .filter((text) => !requests.some((request) => isMeant(text, request)))
    .map((text) => {
      const names = requests.map(({ name }) => name)
      const message = `found ${found(text)}, allowed: a part of a request's name or of its "METHOD /path": ${quoted(names)}${didYouMean(text, names)}`
      return { where, message }
    })
}

function obstacleOf({ protocol, version, tls }: Document): string | null {
  if (protocol !== 'http') return `the workload speaks ${String(protocol)}`
  if (version === '2') return 'the workload speaks HTTP/2'
  return tls === undefined || tls === false ? null : 'the workload speaks TLS'
}
