import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import type { Kept } from '../../harness/workload/reply.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { ResponseReader, type ResponseShape } from '../../harness/load/http1/response.ts'
import { readByClient } from '../support/http1-client.ts'
import { createCorpus } from '../support/http1-corpus.ts'
import { knownDifferences, withoutInterim } from '../support/http1-differences.ts'
import { fuzz } from '../support/http1-fuzz.ts'
import { readByOracle } from '../support/http1-oracle.ts'
import {
  eachResponse,
  keepsAll,
  keepsNone,
  type Reading,
  readPieces,
  readWhole,
  type Sent,
} from '../support/http1-reading.ts'

const corpus = createCorpus(10_600, createRng('http1-parser'))

const refuses = (reading: Reading | undefined) => reading?.outcome === 'problem'

/** All that must agree: a reason is in words of one's own. */
const verdict = ({ reason: _, ...rest }: Reading) => JSON.stringify(rest)

/** The first response of which the two make something else: its number, and what each says. */
function firstDifference(ours: readonly Reading[], oracle: readonly Reading[]) {
  for (let index = 0; index < Math.max(ours.length, oracle.length); index++) {
    const [one, other] = [ours[index], oracle[index]]
    if (!one || !other || verdict(one) !== verdict(other)) return { index, one, other }
  }
  return null
}

/** True when one has only to look a few bytes further to refuse what the other refuses already. */
function refusesLater(sent: Sent, ours: Reading, oracle: Reading, index: number): boolean {
  const further = ['\r\n', '\n', 'x'].map((text) => ({ ...sent, text: sent.text + text }))
  if (ours.outcome === 'incomplete' && refuses(oracle)) return further.some((more) => refuses(readWhole(more)[index]))
  return refuses(ours) && oracle.outcome === 'incomplete' && further.every((more) => refuses(readByOracle(more)[index]))
}

/** The known differences that explain what is made of a connection, by name; null where the two agree. */
function explain(sent: Sent): string[] | null {
  const readings = readWhole(sent)
  const difference = firstDifference(readings, readByOracle(sent))
  if (!difference) return null
  const { one, other, index } = difference
  if (!one || !other) return []
  const text = withoutInterim(sent.text, readings[index - 1]?.stoppedAt ?? 0)
  const names = knownDifferences.filter(({ explains }) => explains(one, other, text)).map(({ name }) => name)
  return names.length === 0 && refusesLater(sent, one, other, index) ? ['refused later'] : names
}

const differing = corpus.flatMap((sent) => {
  const names = explain(sent)
  return names ? [{ sent, names }] : []
})

describe('beside the oracle, the parser', () => {
  it('is held against more than 10,000 connections, of which both accept and refuse thousands', () => {
    const outcomes = corpus.flatMap((sent) => readByOracle(sent).map(({ outcome }) => outcome))
    const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
    expect(new Set(corpus.map(({ text }) => text)).size).toBeGreaterThan(10_000)
    expect(count('complete')).toBeGreaterThan(5000)
    expect(count('problem')).toBeGreaterThan(3000)
    expect(count('incomplete')).toBeGreaterThan(1000)
  })

  it('makes the same of every response, but for the known differences', () => {
    const unexplained = differing.filter(({ names }) => names.length === 0).map(({ sent }) => sent)
    expect(unexplained.map((sent) => ({ sent, ours: readWhole(sent), oracle: readByOracle(sent) }))).toEqual([])
    expect(differing.length).toBeLessThan(corpus.length / 10)
  })

  it('shows every known difference in the corpus, so that none is outdated', () => {
    const seen = new Set(differing.flatMap(({ names }) => names))
    expect(knownDifferences.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
  })

  it.each(knownDifferences)('differs in $name', ({ name, example, ours }) => {
    const sent = { text: example, head: false, ended: example.includes('chunked\t') }
    expect(explain(sent)).toEqual([name])
    expect(readWhole(sent)[0]).toMatchObject(ours)
  })
})

describe('the HTTP client of Node', () => {
  const decidedLater = new Set(knownDifferences.flatMap(({ name, laterAgrees }) => (laterAgrees ? [name] : [])))

  it('makes the same of a whole response as the oracle, or as we do where its llhttp is the later one', async () => {
    let compared = 0
    for (const sent of corpus.filter(({ text }, index) => index % 9 === 0 && !/^HTTP\/1\.\d 1\d\d/u.test(text))) {
      const later = explain(sent)?.some((name) => decidedLater.has(name)) === true
      const [reading, ...others] = later ? readWhole(sent) : readByOracle(sent)
      const whole = reading?.outcome === 'complete' && reading.stoppedAt === sent.text.length
      if (!reading || others.length > 0 || !(whole || refuses(reading))) continue
      const expected = whole ? { status: reading.status, body: reading.body } : null
      expect({ sent, made: await readByClient(sent) }).toEqual({ sent, made: expected })
      compared++
    }
    expect(compared).toBeGreaterThan(500)
  })
})

/** All that a reader tells of the responses of a connection, but for what it keeps. */
function summary(reader: ResponseReader, pieces: readonly Buffer[], ended: boolean, shape: ResponseShape): string {
  let told = ''
  for (const stoppedAt of eachResponse(reader, pieces, ended, shape)) {
    const { done, problem, status, keepAlive, sizeBytes, bodyBytes, bodyMatches } = reader
    told +=
      problem === null
        ? `${done} ${status} ${keepAlive} ${stoppedAt} ${sizeBytes} ${bodyBytes} ${bodyMatches};`
        : `${problem};`
  }
  return told
}

const twoPieces = (bytes: Buffer, at: number) => [bytes.subarray(0, at), bytes.subarray(at)]

const bytewise = (bytes: Buffer) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

/** A connection in single bytes, and cut in two behind each byte but the last. */
function cutsOf(bytes: Buffer): Buffer[][] {
  return Array.from(bytes, (_, at) => (at === 0 ? bytewise(bytes) : twoPieces(bytes, at)))
}

describe('wherever a response is split, the parser', () => {
  /** Reads all connections one after the other, so that what is left over from one would be seen in the next. */
  const reader = new ResponseReader()
  const shapeOf = (sent: Sent, kept: Kept) => {
    const [first] = readWhole(sent)
    const expectBody = first?.outcome === 'complete' ? Buffer.from(first.body, 'latin1') : null
    return { head: sent.head, expectBody, kept }
  }

  it.each([1, 2, 3, 4])('makes the same of it (part %i of 4)', (part) => {
    const some = corpus.filter((_, index) => index % 4 === part - 1)
    const different = some.filter((sent) => {
      const bytes = Buffer.from(sent.text, 'latin1')
      const shape = shapeOf(sent, keepsNone)
      const whole = summary(new ResponseReader(), [bytes], sent.ended, shape)
      return [...cutsOf(bytes), [bytes], [bytes]].some((cut) => summary(reader, cut, sent.ended, shape) !== whole)
    })
    expect(different).toEqual([])
  })

  it('keeps the same headers and body', () => {
    const some = corpus.filter((_, index) => index % 16 === 0)
    const different = some.filter((sent) => {
      const bytes = Buffer.from(sent.text, 'latin1')
      const shape = shapeOf(sent, keepsAll)
      const whole = JSON.stringify(readPieces(new ResponseReader(), [bytes], sent.ended, shape))
      return cutsOf(bytes).some((cut) => JSON.stringify(readPieces(reader, cut, sent.ended, shape)) !== whole)
    })
    expect(different).toEqual([])
  })
})

describe('fed with bytes that nobody would send, the parser', () => {
  it('neither throws nor stands still, and tells nothing that contradicts itself', () => {
    const figures = fuzz(200_000, 'http1-fuzz')
    expect(figures.complete).toBeGreaterThan(300)
    expect(figures.problems).toBeGreaterThan(300)
  })
})
