import { Cookie, CookieJar, MemoryCookieStore } from 'tough-cookie'
import type { Clock } from '../../kernel/clock.ts'

/** What a user keeps at most, as browsers do: so many cookies, the one set longest ago given up first, none longer than this. */
const mostCookies = 180
const mostCookieBytes = 4096

/** The latest that a Date can be. */
const latestDateMs = 8.64e15

/** Paths for which a user remembers what to send. */
const mostPaths = 64

/** The cookies for one path, as long as none was taken and none has expired since. */
interface Answer {
  readonly cookies: readonly Cookie[]
  readonly header: string
  readonly version: number
  readonly untilMs: number
}

/** The cookies of all users of a driver: each has its own, for as long as it is there. */
export function cookiesByUser(clock: Clock, counters: Record<string, number>): (user: object) => UserCookies {
  const known = new WeakMap<object, UserCookies>()
  return (user) => {
    const cookies = known.get(user) ?? new UserCookies(clock, counters)
    known.set(user, cookies)
    return cookies
  }
}

/** The cookies of one user (RFC 6265): takes what responses set, and gives what requests carry. */
export class UserCookies {
  readonly #clock: Clock
  readonly #counters: Record<string, number>
  readonly #store = new MemoryCookieStore()
  readonly #jar = new CookieJar(this.#store)
  /** Cookies by domain, path and name, in the order in which they were set. */
  readonly #kept = new Map<string, Cookie>()
  readonly #answers = new Map<string, Answer>()
  #version = 0

  /** `counters` gets `cookies.refused`: those that cannot be read, are too long, or may not be set from where they came. */
  constructor(clock: Clock, counters: Record<string, number>) {
    this.#clock = clock
    this.#counters = counters
    counters['cookies.refused'] ??= 0
  }

  /** The value of the Cookie header for a URL, empty for none; what the request names itself comes first and wins. */
  header(url: string, own: string): string {
    const { cookies, header } = this.#answer(url)
    if (own === '' || cookies.length === 0) return own || header
    const named = new Set(own.split(';').map((pair) => pair.split('=', 1)[0]?.trim()))
    const rest = cookies.filter(({ key }) => !named.has(key))
    return [own, ...rest.map((cookie) => cookie.cookieString())].join('; ')
  }

  /** Takes the values of Set-Cookie headers in a response from a URL. */
  take(url: string, values: readonly string[]): void {
    for (const value of values) {
      if (!this.#set(url, value)) this.#counters['cookies.refused'] = (this.#counters['cookies.refused'] ?? 0) + 1
    }
  }

  #answer(url: string): Answer {
    const query = url.indexOf('?')
    const path = query < 0 ? url : url.slice(0, query)
    const nowMs = this.#clock.date().getTime()
    const known = this.#answers.get(path)
    if (known && known.version === this.#version && nowMs < known.untilMs) return known
    // By our clock, not by that of the jar.
    const all = this.#jar.getCookiesSync(path, { expire: false })
    const cookies = all.filter((cookie) => expiryMs(cookie) > nowMs)
    const header = cookies.map((cookie) => cookie.cookieString()).join('; ')
    const untilMs = Math.min(...cookies.map(expiryMs))
    const answer = { cookies, header, version: this.#version, untilMs }
    if (this.#answers.size >= mostPaths) this.#answers.clear()
    this.#answers.set(path, answer)
    return answer
  }

  #set(url: string, value: string): boolean {
    const cookie = Cookie.parse(value)
    if (!cookie || cookie.key.length + cookie.value.length > mostCookieBytes) return false
    const now = this.#clock.date()
    if (cookie.maxAge !== null) {
      // The jar counts Max-Age from when a cookie was last sent, the RFC from when it was set.
      const expiresMs = cookie.expiryTime(now) ?? latestDateMs
      cookie.setExpires(new Date(Math.max(0, Math.min(latestDateMs, expiresMs))))
      cookie.maxAge = null
    }
    const set = this.#trySet(cookie, url, now)
    if (!set) return false
    const key = JSON.stringify([set.domain, set.path, set.key])
    const before = this.#kept.get(key)
    // What a server sets anew with each response, and sets as it was, changes no header.
    if (before?.value !== set.value || expiryMs(before) !== expiryMs(set)) this.#version++
    this.#kept.delete(key)
    this.#kept.set(key, set)
    if (this.#kept.size > mostCookies) this.#forgetOldest()
    return true
  }

  #trySet(cookie: Cookie, url: string, now: Date): Cookie | undefined {
    try {
      return this.#jar.setCookieSync(cookie, url, { now })
    } catch {
      return undefined
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept
    if (!oldest) return
    const [key, { domain, path, key: name }] = oldest
    this.#kept.delete(key)
    this.#store.removeCookie(domain ?? '', path ?? '/', name, () => {})
    this.#version++
  }
}

/** When a cookie of the jar expires; Infinity for never. */
function expiryMs(cookie: Cookie): number {
  return cookie.expiryTime() ?? Number.POSITIVE_INFINITY
}
