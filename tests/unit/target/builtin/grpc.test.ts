import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { startGrpcTarget } from '../../../../harness/target/builtin/grpc.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import type { BuiltinOptions } from '../../../../harness/target/builtin/service.ts'
import { until } from '../../../support/sockets.ts'

const proto = fileURLToPath(new URL('../../../../profiles/echo.proto', import.meta.url))

const start = (knobs: Partial<Knobs> = {}, more: Partial<BuiltinOptions> = {}) =>
  startGrpcTarget({
    host: '127.0.0.1',
    port: 0,
    knobs: { ...plainKnobs, ...knobs },
    tls: null,
    clock: realClock,
    rng: createRng(1),
    ...more,
  })

interface Message {
  readonly text?: string
  readonly payload?: Buffer
  readonly count?: number
  readonly delay_ms?: number
}

type Reply = (error: ServiceError | null, reply?: Message) => void

interface EchoClient extends Client {
  Unary(message: Message, reply: Reply): void
  ClientStream(reply: Reply): ClientWritableStream<Message>
  ServerStream(message: Message): ClientReadableStream<Message>
  Bidi(): ClientDuplexStream<Message, Message>
}

function dial(port: number) {
  const loaded = loadPackageDefinition(loadSync(proto, { keepCase: true }))['soakrig'] as unknown as {
    Echo: ServiceClientConstructor
  }
  const client = new loaded.Echo(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as EchoClient
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

const promised = <Result>(
  ask: (reply: (error: ServiceError | null, result?: Result) => void) => void,
): Promise<Result> =>
  new Promise((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result as Result))))

/** All messages of a stream; rejects with its error. */
async function all(stream: ClientReadableStream<Message>): Promise<Message[]> {
  const messages: Message[] = []
  stream.on('data', (message: Message) => messages.push(message))
  await once(stream, 'end')
  return messages
}

describe('the built-in gRPC server', () => {
  test('echoes a message', async () => {
    await using target = await start()
    using client = dial(target.port)
    const message = { text: 'hä', payload: Buffer.from([0, 255]), count: 4 }
    expect(await promised<Message>((reply) => client.Unary(message, reply))).toEqual({ ...message, delay_ms: 0 })
    expect(target.stats()).toMatchObject({ requests: 1, errors: 0, connections: 1, open: 1, leakedBytes: 0 })
  })

  test('answers a stream of messages with the last one and their number', async () => {
    await using target = await start()
    using client = dial(target.port)
    const reply = await promised<Message>((answer) => {
      const stream = client.ClientStream(answer)
      for (const text of ['a', 'b', 'c']) stream.write({ text })
      stream.end()
    })
    expect(reply).toMatchObject({ text: 'c', count: 3 })
  })

  test('answers with as many messages as it is asked for, however slow they are read', async () => {
    await using target = await start()
    using client = dial(target.port)
    expect(await all(client.ServerStream({ text: 'x' }))).toMatchObject([{ text: 'x', count: 1 }])
    const many = await all(client.ServerStream({ text: 'x'.repeat(5000), count: 1000 }))
    expect(many.map(({ count }) => count)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
  })

  test('echoes messages as they come', async () => {
    await using target = await start()
    using client = dial(target.port)
    const stream = client.Bidi()
    for (const text of ['a', 'b']) {
      stream.write({ text })
      const [message] = (await once(stream, 'data')) as [Message]
      expect(message.text).toBe(text)
    }
    stream.end()
    await once(stream, 'status')
    const empty = client.Bidi()
    empty.end()
    expect(await all(empty)).toEqual([])
    expect(target.stats().requests).toBe(2)
  })

  test('waits as a message asks for, and as its knobs say', async () => {
    await using target = await start({ serviceTimeNs: 30e6, leakBytes: 500 })
    using client = dial(target.port)
    const took = async (work: Promise<unknown>): Promise<number> => {
      const begin = performance.now()
      await work
      return performance.now() - begin
    }
    const delay = { delay_ms: 30 }
    expect(await took(promised((reply) => client.Unary(delay, reply)))).toBeGreaterThanOrEqual(59)
    expect(await took(promised((reply) => client.ClientStream(reply).end(delay)))).toBeGreaterThanOrEqual(59)
    expect(await took(all(client.ServerStream(delay)))).toBeGreaterThanOrEqual(59)
    const stream = client.Bidi()
    stream.write(delay)
    stream.write({ text: 'second' })
    stream.end()
    const replies = all(stream)
    expect(await took(replies)).toBeGreaterThanOrEqual(59)
    expect((await replies).map(({ text }) => text)).toEqual(['', 'second'])
    expect(target.stats()).toMatchObject({ requests: 4, leakedBytes: 2000 })
  })

  test('ends calls with INTERNAL where the error share says so', async () => {
    await using target = await start({ errorShare: 1 })
    using client = dial(target.port)
    const failed = { code: status.INTERNAL, details: 'error by knob' }
    await expect(promised((reply) => client.Unary({}, reply))).rejects.toMatchObject(failed)
    await expect(promised((reply) => client.ClientStream(reply).end({}))).rejects.toMatchObject(failed)
    await expect(all(client.ServerStream({}))).rejects.toMatchObject(failed)
    const stream = client.Bidi()
    stream.write({})
    await expect(all(stream)).rejects.toMatchObject(failed)
    expect(target.stats()).toMatchObject({ requests: 4, errors: 4 })
  })

  test('is not hurt by calls that are given up', async () => {
    await using target = await start({ serviceTimeNs: 20e6 })
    using client = dial(target.port)
    for (const stream of [client.ClientStream(() => {}), client.Bidi(), client.ServerStream({ count: 1e5 })]) {
      stream.on('error', () => {})
      if ('write' in stream) stream.write({ text: 'a' })
      await promised((reply) => client.Unary({}, reply))
      stream.cancel()
    }
    expect(await promised<Message>((reply) => client.Unary({ text: 'b' }, reply))).toMatchObject({ text: 'b' })
  })

  test('dies of the call that it is told to die of, and closes where nobody says how', async () => {
    const deaths: number[] = []
    await using target = await start({ dieAfter: 1 }, { onDeath: () => deaths.push(1) })
    using client = dial(target.port)
    client.Unary({}, () => {})
    await until('its death', () => deaths.length === 1)
    await using mortal = await start({ dieAfter: 1 })
    using other = dial(mortal.port)
    await expect(promised((reply) => other.Unary({}, reply))).rejects.toMatchObject({ code: status.UNAVAILABLE })
    await until('its end', () => mortal.stats().open === 0)
  })
})
