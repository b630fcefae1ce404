import { decode, encode } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { answerLike, answerTo, type Query, readQuery } from '../../../../harness/faults/dns/answer.ts'
import type { DnsVerdict } from '../../../../harness/faults/dns/verdict.ts'
import type { DnsKind } from '../../../../harness/faults/dns.ts'

const honest: DnsVerdict = { kind: null, delayNs: 0, wrong: '127.9.9.9', ttlSeconds: null }
const as = (kind: DnsKind): DnsVerdict => ({ ...honest, kind })

function queryFor(type: 'A' | 'AAAA' | 'TXT' = 'A', name = 'Db.Test'): Query {
  const query = readQuery(encode({ type: 'query', id: 7, flags: 256, questions: [{ type, name }] }))
  if (!query) throw new Error('unreadable')
  return query
}

function shown(answer: Buffer) {
  const { id, flags = 0, flag_tc, flag_qr, questions, answers = [] } = decode(answer)
  const records = answers.map((record) => ('data' in record && 'ttl' in record ? [record.data, record.ttl] : null))
  return { id, code: flags & 15, cut: flag_tc, response: flag_qr, name: questions?.[0]?.name, records }
}

test('a name has its addresses of the family that is asked for, and its question comes back as it was', () => {
  const addresses = ['127.0.0.1', '::1', '127.0.0.2']
  expect(shown(answerTo(queryFor(), addresses, honest, false))).toEqual({
    id: 7,
    code: 0,
    cut: false,
    response: true,
    name: 'Db.Test',
    records: [
      ['127.0.0.1', 60],
      ['127.0.0.2', 60],
    ],
  })
  expect(shown(answerTo(queryFor('AAAA'), addresses, honest, false)).records).toEqual([['::1', 60]])
  expect(shown(answerTo(queryFor('TXT'), addresses, honest, false))).toMatchObject({ code: 0, records: [] })
})

test('a name that nobody knows does not exist', () => {
  expect(shown(answerTo(queryFor(), null, honest, false))).toMatchObject({ code: 3, records: [] })
})

describe('a fault', () => {
  test.each([
    ['nxdomain', 3],
    ['servfail', 2],
    ['refused', 5],
    ['empty', 0],
  ] as const)('%s answers with code %i and no address', (kind, code) => {
    expect(shown(answerTo(queryFor(), ['127.0.0.1'], as(kind), false))).toMatchObject({ code, records: [] })
  })

  test('of a wrong address gives that one, mapped for IPv6, whether there is such a name or not', () => {
    expect(shown(answerTo(queryFor(), ['127.0.0.1'], as('wrongAddress'), false)).records).toEqual([['127.9.9.9', 60]])
    expect(shown(answerTo(queryFor('AAAA'), null, as('wrongAddress'), false))).toMatchObject({
      code: 0,
      records: [['::ffff:7f09:909', 60]],
    })
  })

  test('that truncates says so, and leaves the addresses out', () => {
    expect(shown(answerTo(queryFor(), ['127.0.0.1'], as('truncated'), false))).toMatchObject({ cut: true, records: [] })
  })

  test('that malforms gives a packet that cannot be read', () => {
    expect(() => decode(answerTo(queryFor(), ['127.0.0.1'], as('malformed'), false))).toThrow(/decode|Cannot|out of/u)
    expect(() => decode(answerTo(queryFor('TXT'), null, as('malformed'), false))).toThrow(/decode|Cannot|out of/u)
  })

  test('can give every record another time to live, those of another resolver too', () => {
    const short = { ...honest, ttlSeconds: 1 }
    expect(shown(answerTo(queryFor(), ['127.0.0.1'], short, false)).records).toEqual([['127.0.0.1', 1]])
    const foreign = answerTo(queryFor(), ['10.0.0.1'], honest, false)
    expect(shown(answerLike(foreign, queryFor(), short)).records).toEqual([['10.0.0.1', 1]])
    expect(answerLike(foreign, queryFor(), honest)).toBe(foreign)
  })

  test('changes the time to live in place: EDNS, pointers and records of types that are not known stay', () => {
    // db.test. 9 IN TYPE65, its name a pointer, and a record of EDNS whose time to live holds flags.
    const question = '0264620474657374000041' + '0001'
    const foreign = (ttl: string): Buffer =>
      Buffer.from(`000781800001000100000001${question}c00c00410001${ttl}0003010203` + '00002904d0000080000000', 'hex')
    expect(answerLike(foreign('00000009'), queryFor(), { ...honest, ttlSeconds: 258 })).toEqual(foreign('00000102'))
  })

  test('leaves an answer of another resolver alone that cannot be read', () => {
    for (const noise of [Buffer.from([0, 7]), Buffer.from('000781800001000100000000ff', 'hex')])
      expect(answerLike(noise, queryFor(), { ...honest, ttlSeconds: 1 })).toBe(noise)
  })
})

test('an answer that is too long for UDP is cut, and whole over TCP', () => {
  const many = Array.from({ length: 60 }, (_, index) => `127.0.1.${index}`)
  expect(shown(answerTo(queryFor(), many, honest, false))).toMatchObject({ cut: true, records: [] })
  expect(shown(answerTo(queryFor(), many, honest, true)).records).toHaveLength(60)
})

test.each([
  ['noise', Buffer.from('no packet of DNS, whatever it may be')],
  ['nothing', Buffer.alloc(0)],
  ['an answer', encode({ type: 'response', id: 1, questions: [{ type: 'A', name: 'a.test' }] })],
  ['no question', encode({ type: 'query', id: 1 })],
])('%s is no query', (_, bytes) => {
  expect(readQuery(bytes)).toBeNull()
})
