/** What client policies cost per operation, beside a recorded latency and a parsed response: `node tests/bench/policies.ts`. */
import { Bench } from 'tinybench'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import { ResponseReader } from '../../harness/load/http1/response.ts'
import { createHistogram } from '../../harness/measure/histogram.ts'
import { Client } from '../../harness/resilience/client.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { plainCall, type StepOwner } from '../../harness/resilience/step.ts'
import { success } from '../../harness/resilience/outcome.ts'

/** Operations per call of a task: a call of its own would cost more than what is measured. */
const batch = 1000

const wheel = new TimerWheel(realClock)
const call = plainCall('hi')

/** Operations that succeed at once through the policies of a profile's `client`. */
function operations(raw: RawClient): () => void {
  const client = new Client(parseClient(raw), { wheel, rng: createRng(1) })
  let ends: StepOwner | undefined
  const step = client.operation({
    rng: createRng(2),
    owner: { ended() {} },
    attempt: (owner) => {
      ends = owner
      return { begin() {}, cancel: () => null }
    },
  })
  return () => {
    const nowNs = realClock.nowNs()
    for (let i = 0; i < batch; i++) {
      step.begin(call, nowNs)
      ends?.ended(success, nowNs)
    }
  }
}

function records(): () => void {
  const histogram = createHistogram()
  return () => {
    for (let i = 0; i < batch; i++) histogram.record(200 + i)
  }
}

/** nginx's answer to a small request, read and its body compared. */
function responses(lines: readonly string[], body: string): () => void {
  const bytes = Buffer.from([...lines, '', body].join('\r\n'))
  const shape = { head: false, expectBody: Buffer.from('hello world\n'), kept: { headers: false, body: false } }
  const reader = new ResponseReader()
  return () => {
    for (let i = 0; i < batch; i++) {
      reader.begin(shape)
      reader.push(bytes, 0, bytes.length)
    }
    if (!reader.done || !reader.bodyMatches) throw new Error(`the reader says ${reader.problem}`)
  }
}

const head = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'Content-Type: text/plain',
  'Connection: keep-alive',
]
const timeout = { attempt: '5s' }

const bench = new Bench({ time: 300, warmupTime: 100 })
  .add('no policy', operations({}))
  .add('timeout', operations({ timeout }))
  .add('retry', operations({ retry: {} }))
  .add('circuit breaker', operations({ circuitBreaker: {} }))
  .add('retry and timeout', operations({ retry: {}, timeout }))
  .add('histogram record', records())
  .add('response with a length', responses([...head, 'Content-Length: 12'], 'hello world\n'))
  .add('response in chunks', responses([...head, 'Transfer-Encoding: chunked'], 'c\r\nhello world\n\r\n0\r\n\r\n'))
await bench.run()
wheel.clear()

for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} was not measured`)
  // Latency is in ms per call: 1e6 ns, over a batch.
  const { p50, rme } = result.latency
  console.log(
    `${name.padEnd(24)}${((p50 * 1e6) / batch).toFixed(1).padStart(8)} ns per operation (±${rme.toFixed(1)} %)`,
  )
}
