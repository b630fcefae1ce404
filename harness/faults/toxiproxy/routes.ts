import { ApiFailure } from './failure.ts'
import type { Proxies } from './proxies.ts'

/** The version whose API this is. */
const apiVersion = '2.12.0'

/** What a request comes to: text as it is, all else as JSON; undefined for nothing. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
}

/** Answers a request with this body. Throws `ApiFailure`. */
type Handler = (proxies: Proxies, body: unknown) => Answer | Promise<Answer>

interface Route {
  readonly methods: readonly string[]
  readonly path: RegExp
  readonly handle: (proxies: Proxies, body: unknown, proxy: string, toxic: string) => Answer | Promise<Answer>
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const created = (body: unknown): Answer => ({ status: 201, body })
const done: Answer = { status: 204 }

const root = /^\/proxies$/u
const ofProxy = /^\/proxies\/([^/]+)$/u
const ofToxics = /^\/proxies\/([^/]+)\/toxics$/u
const ofToxic = /^\/proxies\/([^/]+)\/toxics\/([^/]+)$/u

/** POST changes too, as before version 2.6 of Toxiproxy. */
const changes = ['POST', 'PATCH']

const routes: readonly Route[] = [
  { methods: ['GET'], path: /^\/version$/u, handle: () => ok({ version: apiVersion }) },
  {
    methods: ['POST'],
    path: /^\/reset$/u,
    async handle(proxies) {
      await proxies.reset()
      return done
    },
  },
  {
    methods: ['POST'],
    path: /^\/populate$/u,
    handle: async (proxies, body) => created({ proxies: await proxies.populate(body) }),
  },
  { methods: ['GET'], path: root, handle: (proxies) => ok(proxies.index()) },
  { methods: ['POST'], path: root, handle: async (proxies, body) => created(await proxies.create(body)) },
  { methods: ['GET'], path: ofProxy, handle: (proxies, _, proxy) => ok(proxies.show(proxy)) },
  { methods: changes, path: ofProxy, handle: async (proxies, body, proxy) => ok(await proxies.update(proxy, body)) },
  {
    methods: ['DELETE'],
    path: ofProxy,
    async handle(proxies, _, proxy) {
      await proxies.remove(proxy)
      return done
    },
  },
  { methods: ['GET'], path: ofToxics, handle: (proxies, _, proxy) => ok(proxies.toxics(proxy)) },
  {
    methods: ['POST'],
    path: ofToxics,
    handle: async (proxies, body, proxy) => ok(await proxies.addToxic(proxy, body)),
  },
  { methods: ['GET'], path: ofToxic, handle: (proxies, _, proxy, toxic) => ok(proxies.toxic(proxy, toxic)) },
  {
    methods: changes,
    path: ofToxic,
    handle: async (proxies, body, proxy, toxic) => ok(await proxies.updateToxic(proxy, toxic, body)),
  },
  {
    methods: ['DELETE'],
    path: ofToxic,
    async handle(proxies, _, proxy, toxic) {
      await proxies.removeToxic(proxy, toxic)
      return done
    },
  },
]

/** What answers a request of this method and target. Throws `ApiFailure`: 404, or 405 for a path of other methods. */
export function findRoute(method: string, target: string): Handler {
  const [path = ''] = target.split('?')
  const here = routes.filter((route) => route.path.test(path))
  const route = here.find(({ methods }) => methods.includes(method))
  if (!route) throw here.length > 0 ? new ApiFailure('method not allowed', 405) : new ApiFailure('not found', 404)
  const [proxy = '', toxic = ''] = (route.path.exec(path) ?? []).slice(1).map(decoded)
  return (proxies, body) => route.handle(proxies, body, proxy, toxic)
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw new ApiFailure('not found', 404)
  }
}
