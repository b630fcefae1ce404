import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { type JsonSchema } from '../../../harness/kernel/json-schema.ts'
import { parseQuantity, type QuantityName } from '../../../harness/kernel/units.ts'
import { parseTarget, targetProblems, targetSchema } from '../../../harness/target/settings.ts'

// As the profile compiles it.
const ajv = new Ajv({
  allErrors: true,
  useDefaults: true,
  allowUnionTypes: true,
  strictTypes: false,
  strictRequired: false,
})
ajv.addKeyword({
  keyword: 'quantity',
  type: ['string', 'number'],
  validate: (name: QuantityName, input: unknown) => !('problem' in parseQuantity(name, input)),
})
const validate = ajv.compile(targetSchema as JsonSchema & object)

function errorsOf(raw: unknown): string[] {
  validate(raw)
  return (validate.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if')
    .map(({ instancePath, keyword, params }) => `${instancePath} ${keyword} ${JSON.stringify(params)}`)
}

describe('a target', () => {
  test.each([
    { builtin: 'http' },
    {
      builtin: 'http',
      knobs: { serviceTime: '2ms', errorShare: 0.05, stall: { every: '5s', for: '1s' } },
      stats: 'none',
    },
    { command: ['python3', '-m', 'http.server', '{port}'], ready: { port: true, timeout: '3s' } },
    { command: ['x'], files: { 'a/b.conf': '{port}' }, stop: { signal: 'SIGQUIT' }, prepare: [['true']], port: 80 },
    { command: ['x'], stats: { path: '/status', pattern: ' (\\d+) ' }, ready: { http: '/health' } },
    { url: 'http://127.0.0.1:8080', pid: 1, stats: { path: '/stats', pointer: '/a/b~1c' } },
    { url: 'https://[::1]', stats: { path: '/stats', pointer: '/a' } },
    { url: 'udp://127.0.0.1:7', stats: 'none' },
    { builtin: 'http', socketPath: 'target.sock' },
    { builtin: 'http', dependency: { env: 'REDIS_PORT', send: 'PING\r\n' } },
    { builtin: 'tcp', framing: 'line' },
    { builtin: 'tcp', framing: { line: '\r\n' } },
    { builtin: 'tcp', framing: { lengthPrefixed: 2 }, knobs: { dieAfter: 9 } },
    { builtin: 'tcp', framing: { fixed: '64b' } },
    { builtin: 'udp' },
    { builtin: 'websocket' },
    { builtin: 'http2' },
    { builtin: 'grpc' },
  ])('%j is accepted', (raw) => {
    expect(errorsOf(raw)).toEqual([])
    expect(targetProblems(raw)).toEqual([])
  })

  test.each([
    [{}, [' anyOf', ' required']],
    [{ builtin: 'htp' }, ['/builtin enum']],
    [{ builtin: 'http', framing: 'line' }, [' additionalProperties {"additionalProperty":"framing"}']],
    [{ builtin: 'tcp', socketPath: 'x' }, [' additionalProperties {"additionalProperty":"socketPath"}']],
    [
      { builtin: 'http2', dependency: { env: 'A', send: 'x' } },
      [' additionalProperties {"additionalProperty":"dependency"}'],
    ],
    [{ builtin: 'udp', tls: { cert: 'a', key: 'b' } }, [' additionalProperties {"additionalProperty":"tls"}']],
    [{ builtin: 'http2', tls: { cert: 'a' } }, ['/tls required {"missingProperty":"key"}']],
    [{ builtin: 'tcp', framing: 'lines' }, ['/framing enum']],
    [{ builtin: 'tcp', framing: {} }, ['/framing anyOf']],
    [{ builtin: 'tcp', framing: { lengthPrefixed: 3 } }, ['/framing/lengthPrefixed enum']],
    [{ builtin: 'tcp', framing: { line: ';', fixed: '1b' } }, ['/framing/fixed false schema']],
    [{ builtin: 'http', command: ['x'] }, [' additionalProperties {"additionalProperty":"command"}']],
    [{ command: [] }, ['/command minItems']],
    [{ command: ['x'], url: 'http://a:1' }, [' additionalProperties {"additionalProperty":"url"}']],
    [{ command: ['x'], ready: { http: '/', port: true } }, ['/ready/port false schema']],
    [{ command: ['x'], ready: { log: 'up', http: '/' } }, ['/ready/log false schema']],
    [{ command: ['x'], ready: { htpp: '/' } }, ['/ready additionalProperties {"additionalProperty":"htpp"}']],
    [{ command: ['x'], stop: { grace: 'soon' } }, ['/stop/grace']],
    [{ command: ['x'], stats: { path: '/s', pointer: '/a', pattern: '(b)' } }, ['/stats/pointer false schema']],
    [{ command: ['x'], stats: { path: '/s' } }, ['/stats required']],
    [{ command: ['x'], stats: 'some' }, ['/stats const']],
    [{ url: 'ftp://127.0.0.1' }, ['/url pattern']],
    [{ builtin: 'http', knobs: { status: 200 } }, ['/knobs/status minimum']],
  ])('%j is refused by the schema', (raw, expected) => {
    const errors = errorsOf(raw)
    for (const start of expected) expect(errors).toContainEqual(expect.stringContaining(start))
  })

  test.each([
    [{ command: [' '] }, '/command/0'],
    [{ command: ['x'], prepare: [['ok'], ['']] }, '/prepare/1/0'],
    [{ command: ['x'], ready: { log: '(' } }, '/ready/log'],
    [{ command: ['x'], files: { '../a': '' } }, '/files/..~1a'],
    [{ command: ['x'], files: { '/a': '' } }, '/files/~1a'],
    [{ command: ['x'], env: { SOAKRIG_RUN: 'x' } }, '/env/SOAKRIG_RUN'],
    [{ command: ['x'], stats: { path: '/s', pattern: 'none' } }, '/stats/pattern'],
    [{ command: ['x'], stats: { path: '/s', pattern: '(a)(b)' } }, '/stats/pattern'],
    [{ url: 'http://127.0.0.1:1/path' }, '/url'],
    [{ url: 'http://' }, '/url'],
    [{ url: 'tcp://127.0.0.1' }, '/url'],
    [{ url: 'tcp://127.0.0.1:7', stats: { path: '/stats', pointer: '/a' } }, '/stats'],
    [{ builtin: 'tcp', framing: { fixed: '0b' } }, '/framing/fixed'],
    [{ builtin: 'tcp', framing: { fixed: '17mib' } }, '/framing/fixed'],
    [{ builtin: 'http', socketPath: 'x'.repeat(108) }, '/socketPath'],
    [{ builtin: 'http', socketPath: '\0x' }, '/socketPath'],
    [{ builtin: 'http', knobs: { stall: { every: '1s', for: '2s' } } }, '/knobs/stall/for'],
  ])('%j is a problem that only code can see', (raw, pointer) => {
    expect(targetProblems(raw).map((problem) => problem.pointer)).toEqual([pointer])
  })

  test('has its units turned into numbers and its defaults filled in', () => {
    expect(parseTarget({ command: ['x', '{port}'] })).toEqual({
      kind: 'command',
      command: ['x', '{port}'],
      env: {},
      cwd: '.',
      files: {},
      package: undefined,
      ready: { kind: 'port', timeoutNs: 10e9 },
      stop: { signal: 'SIGTERM', graceNs: 5e9 },
      prepare: [],
      port: undefined,
      heap: false,
      stats: { kind: 'none' },
    })
    const knobs = {
      serviceTime: '5ms',
      cpuTime: '1ms',
      errorShare: '5%',
      leak: '1kib',
      stall: { every: '5s', for: '1s' },
    }
    expect(parseTarget({ builtin: 'http', knobs })).toEqual({
      kind: 'builtin',
      name: 'http',
      knobs: {
        serviceTimeNs: 5e6,
        cpuTimeNs: 1e6,
        errorShare: 0.05,
        errorStatus: 500,
        leakBytes: 1024,
        stall: { everyNs: 5e9, forNs: 1e9 },
        dieAfter: 0,
      },
      tls: null,
      socketPath: null,
      framing: { kind: 'line', delimiter: '\n' },
      dependency: null,
      stats: { kind: 'pointer', path: '/stats', pointer: '/requests' },
    })
    expect(parseTarget({ url: 'http://127.0.0.1:1' })).toMatchObject({ kind: 'url', pid: undefined })
  })
})
