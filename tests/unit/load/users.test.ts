import { expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import type { OpenDriver, Prepared } from '../../../harness/load/driver.ts'
import { openHttp1Driver } from '../../../harness/load/http1/driver.ts'
import { openHttp2Driver } from '../../../harness/load/http2/driver.ts'
import { builtinOf } from '../../../harness/target/builtin/builtins.ts'
import { plainKnobs } from '../../../harness/target/builtin/knobs.ts'
import { openDriver } from '../../support/http-lanes.ts'
import { plainConnection } from '../../support/http1.ts'
import { TestLane } from '../../support/message-lanes.ts'

test.each([
  { builtin: 'http', version: '1.1', driver: openHttp1Driver },
  { builtin: 'http2', version: '2', driver: openHttp2Driver },
] as const)(
  'lanes of one user share its cookies, and nobody else has them: HTTP/$version',
  async ({ builtin, version, driver }) => {
    await using target = await builtinOf(builtin).start({
      host: '127.0.0.1',
      port: 0,
      knobs: plainKnobs,
      tls: null,
      clock: realClock,
      rng: createRng(1),
      socketPath: null,
      framing: { kind: 'line', delimiter: '\n' },
    })
    await using http = await openDriver(
      driver as OpenDriver<'http', Prepared>,
      { ...plainConnection, version, cookies: true },
      target.port,
    )
    const laneOf = (user: object) => new TestLane({ lane: (listener) => http.driver.lane(listener, user) })
    const [ann, ben] = [{}, {}]
    const get = (path: string) =>
      http.prepare({ method: 'GET', path, headers: {}, body: { kind: 'text', text: '' } }, { keepReply: true })
    await laneOf(ann).run(get('/cookies/set/name/ann'))
    await laneOf(ben).run(get('/cookies/set/name/ben'))
    expect((await laneOf(ann).run(get('/cookies'))).body).toBe('{"name":"ann"}')
    expect((await laneOf(ben).run(get('/cookies'))).body).toBe('{"name":"ben"}')
    expect((await http.lane().run(get('/cookies'))).body).toBe('{}')
  },
)
