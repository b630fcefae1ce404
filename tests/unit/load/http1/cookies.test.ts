import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { UserCookies } from '../../../../harness/load/http1/cookies.ts'
import { good, openHttp1, type RawRequest, serveRaw } from '../../../support/http1.ts'

const shop = 'http://shop.test/'

function user(clock = createVirtualClock()) {
  const counters: Record<string, number> = {}
  return { cookies: new UserCookies(clock, counters), counters }
}

describe('the cookies of a user', () => {
  test('are kept and sent', () => {
    const { cookies } = user()
    expect(cookies.header(shop, '')).toBe('')
    cookies.take(shop, ['a=1', 'b=2; Path=/; HttpOnly'])
    expect(cookies.header(`${shop}any/where?x=y`, '')).toBe('a=1; b=2')
  })

  test('are replaced by those of the same name, and taken away by those that have expired', () => {
    const { cookies } = user()
    cookies.take(shop, ['a=1', 'b=2', 'c=3'])
    cookies.take(shop, ['a=9', 'b=; Max-Age=0', 'c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
    expect(cookies.header(shop, '')).toBe('a=9')
  })

  test('are sent only for their path and host', () => {
    const { cookies } = user()
    cookies.take(`${shop}cart/add`, ['deep=1', 'wide=1; Path=/'])
    expect(cookies.header(`${shop}cart/show`, '')).toBe('deep=1; wide=1')
    expect(cookies.header(shop, '')).toBe('wide=1')
    expect(cookies.header('http://other.test/cart/show', '')).toBe('')
  })

  test('are sent below their domain, when they name one', () => {
    const { cookies } = user()
    cookies.take('http://a.shop.test/', ['own=1', 'all=1; Domain=shop.test'])
    expect(cookies.header('http://b.shop.test/', '')).toBe('all=1')
  })

  test('end when their time has come, however often they are sent', async () => {
    const clock = createVirtualClock()
    const { cookies } = user(clock)
    cookies.take(shop, ['short=1; Max-Age=10', 'long=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT'])
    for (let second = 0; second < 10; second++) {
      expect(cookies.header(shop, '')).toBe('short=1; long=1')
      await clock.advance(1e9)
    }
    expect(cookies.header(shop, '')).toBe('long=1')
  })

  test('may last longer than any date', () => {
    const { cookies } = user()
    cookies.take(shop, ['a=1; Max-Age=99999999999999999999'])
    expect(cookies.header(shop, '')).toBe('a=1')
  })

  test('come behind those that a request names itself, and give way to them', () => {
    const { cookies } = user()
    expect(cookies.header(shop, 'own=1')).toBe('own=1')
    cookies.take(shop, ['a=1', 'b=2'])
    expect(cookies.header(shop, 'own=1; b=9')).toBe('own=1; b=9; a=1')
  })

  test('that may not be set are refused and counted', () => {
    const { cookies, counters } = user()
    cookies.take(shop, [
      'a=1; Domain=other.test',
      'b=1; Domain=test',
      '',
      `c=${'x'.repeat(5000)}`,
      '__Host-d=1',
      'ok=1',
    ])
    expect(cookies.header(shop, '')).toBe('ok=1')
    expect(counters).toEqual({ 'cookies.refused': 5 })
  })

  test.each(['http://127.0.0.1:8080/', 'http://localhost:8080/', 'http://[::1]:8080/'])(
    'work on this machine: %s',
    (url) => {
      const { cookies } = user()
      cookies.take(url, ['a=1', 'b=1; Secure; HttpOnly; SameSite=Strict'])
      expect(cookies.header(url, '')).toBe('a=1; b=1')
    },
  )

  test('are never more than a browser keeps; the one set longest ago goes first', () => {
    const { cookies } = user()
    cookies.take(shop, ['first=1', 'second=1'])
    for (let index = 0; index < 5000; index++) {
      cookies.take(shop, [`n${index}=1`])
      if (index % 50 === 0) cookies.take(shop, ['first=1'])
    }
    const kept = cookies.header(shop, '').split('; ')
    expect(kept).toHaveLength(180)
    expect(kept).toContain('first=1')
    expect(kept).not.toContain('second=1')
    expect(kept).toContain('n4999=1')
  })
})

describe('a driver with cookies', () => {
  /** Gives each who comes without a session one of its own, and says which it has. */
  const serveSessions = () => {
    let sessions = 0
    const seen: (string | undefined)[] = []
    return serveRaw((socket, { head }: RawRequest) => {
      const session = /\r\nCookie: (.*)\r\n/u.exec(head)?.[1]
      seen.push(session)
      const set = session === undefined ? `Set-Cookie: session=${++sessions}; Path=/\r\nSet-Cookie: b=2\r\n` : ''
      socket.write(good.replace('Content-Length', `${set}Content-Length`))
    }).then((server) => Object.assign(server, { seen }))
  }

  test('keeps those of each user apart, though they share a connection', async () => {
    await using server = await serveSessions()
    await using driver = await openHttp1(server.port, { cookies: true })
    const [ann, ben] = [driver.lane(), driver.lane()]
    const request = driver.prepare()
    for (const lane of [ann, ben, ann, ben, ann]) expect(await lane.run(request)).toMatchObject({ error: null })
    const line = (session: number) => `session=${session}; b=2`
    expect(server.seen).toEqual([undefined, undefined, line(1), line(2), line(1)])
    expect(ann.ended.map(({ sent }) => sent - request.bytes.length)).toEqual([
      0,
      ...Array(2).fill(`Cookie: ${line(1)}\r\n`.length),
    ])
    expect(server.connections).toBe(1)
    expect(driver.counters).toEqual({ 'cookies.refused': 0 })
  })

  test('takes them from responses that fail, too', async () => {
    const seen: string[] = []
    await using server = await serveRaw((socket, { head }) => {
      seen.push(head)
      socket.write('HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n')
    })
    await using driver = await openHttp1(server.port, { cookies: true })
    const lane = driver.lane()
    await lane.run(driver.prepare())
    await lane.run(driver.prepare())
    expect(seen[1]).toContain('\r\nCookie: a=1\r\n')
  })

  test('without them sends none', async () => {
    await using server = await serveSessions()
    await using driver = await openHttp1(server.port)
    const lane = driver.lane()
    await lane.run(driver.prepare())
    await lane.run(driver.prepare())
    expect(server.seen).toEqual([undefined, undefined])
  })
})
