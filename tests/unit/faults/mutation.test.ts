import type { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { mutation } from '../../../harness/faults/mutation.ts'
import { partOf } from '../../../harness/faults/piece-part.ts'
import { binomialBand } from '../../../harness/measure/binomial.ts'
import { datagramOf, passed, pieceOf, stageContext } from '../../support/stage-context.ts'

const text = (bytes: readonly { readonly bytes: Buffer }[]) => bytes.map((one) => one.bytes.toString('latin1'))

function mutated(raw: object, packets: readonly string[], context = stageContext()) {
  const stage = mutation.stream!(mutation.parse(raw), context)
  return {
    out: packets.map((packet, index) => text(passed(stage, pieceOf(packet, { message: index + 1 }))).join('')),
    tally: context.tally,
  }
}

describe('a mutation of each type is exact to the byte (F34)', () => {
  it.each([
    [{ type: 'truncate', size: '3b' }, 'hello', 'hel'],
    [{ type: 'injectBytes', data: 'XY' }, 'hello', 'XYhello'],
    [{ type: 'injectBytes', data: { hex: '00fF' }, at: 5 }, 'hello', 'hello\u{0}\u{ff}'],
    [{ type: 'replacePattern', find: 'l', replace: 'LL' }, 'hello', 'heLLLLo'],
    [{ type: 'replacePattern', find: 'aa', replace: 'a' }, 'aaaaa', 'aaa'],
    [{ type: 'replacePattern', find: { hex: '6c6c' }, replace: '' }, 'hello', 'heo'],
    [{ type: 'corruptEncoding' }, 'hello', '\u{ff}ello'],
    [{ type: 'swapBytes' }, 'hello', 'ehllo'],
    [{ type: 'swapBytes', at: 0, to: 4 }, 'hello', 'oellh'],
  ])('%j', (raw, before, after) => {
    expect(mutated(raw, [before])).toEqual({
      out: [after],
      tally: { eligible: 1, fired: 1, bytes: before.length },
    })
  })

  it('changes exactly so many bytes, at places that chance draws', () => {
    const { out } = mutated(
      { type: 'corruptBytes', size: '7b' },
      Array.from({ length: 50 }, () => 'a'.repeat(40)),
    )
    expect(out.map((packet) => [packet.length, packet.replaceAll('a', '').length])).toEqual(out.map(() => [40, 7]))
    expect(new Set(out).size).toBe(50)
  })

  it('corrupts all of a packet that is shorter', () => {
    expect(mutated({ type: 'corruptBytes', size: '7b' }, ['aaa']).out[0]).toMatch(/^[^a]{3}$/u)
  })
})

describe('a mutation', () => {
  it('hits exactly the packets 3, 6, 9 … with every 3, by count and not by the clock (F34, P16)', () => {
    const { out, tally } = mutated(
      { type: 'truncate', size: '1b', every: 3 },
      Array.from({ length: 10 }, (_, index) => `p${index + 1}`),
    )
    expect(out).toEqual(['p1', 'p2', 'p', 'p4', 'p5', 'p', 'p7', 'p8', 'p', 'p10'])
    expect(tally).toMatchObject({ eligible: 10, fired: 3 })
  })

  it('counts packets by connection (P10)', () => {
    const first = stageContext()
    const raw = { type: 'truncate', size: '1b', every: 2 }
    mutated(raw, ['one'], first)
    expect(mutated(raw, ['two', 'three'], stageContext({ sharedWith: first })).out).toEqual(['two', 't'])
  })

  it('makes the same bytes of the same seed (F34, P16)', () => {
    const raw = { type: 'corruptBytes', size: '3b', probability: 0.5 }
    const packets = Array.from({ length: 100 }, () => 'the same packet')
    const of = (seed: number) => mutated(raw, packets, stageContext({ seed })).out
    expect(of(4)).toEqual(of(4))
    expect(of(4)).not.toEqual(of(5))
  })

  it('hits its share of the packets', () => {
    const { tally } = mutated(
      { type: 'corruptEncoding', probability: '10%' },
      Array.from({ length: 20_000 }, () => 'x'),
    )
    const [lo, hi] = binomialBand(20_000, 0.1, 1e-4)
    expect(tally.fired / tally.eligible).toBeGreaterThanOrEqual(lo)
    expect(tally.fired / tally.eligible).toBeLessThanOrEqual(hi)
  })

  it('of a dry run counts, and leaves the bytes as they are (F34)', () => {
    expect(mutated({ type: 'truncate', size: '1b', dryRun: true }, ['hello'])).toEqual({
      out: ['hello'],
      tally: { eligible: 1, fired: 1, bytes: 5 },
    })
  })

  it.each([
    [{ type: 'truncate', size: '5b' }, 'hello'],
    [{ type: 'replacePattern', find: 'x', replace: 'y' }, 'hello'],
    [{ type: 'replacePattern', find: 'l', replace: 'l' }, 'hello'],
    [{ type: 'injectBytes', data: 'x', at: 6 }, 'hello'],
    [{ type: 'swapBytes', at: 2, to: 3 }, 'hello'],
    [{ type: 'swapBytes', at: 2, to: 5 }, 'hello'],
  ])('%j that changes nothing has not fired (F34)', (raw, packet) => {
    expect(mutated(raw, [packet])).toEqual({ out: [packet], tally: { eligible: 1, fired: 0, bytes: 0 } })
  })

  it('looks at packets of a size only, and counts no other', () => {
    const raw = { type: 'corruptEncoding', minSize: '2b', maxSize: '3b' }
    expect(mutated(raw, ['a', 'ab', 'abc', 'abcd'])).toMatchObject({
      out: ['a', '\u{ff}b', '\u{ff}bc', 'abcd'],
      tally: { eligible: 2, fired: 2 },
    })
  })

  it('hits the first piece of a message, and leaves what follows of it', () => {
    const stage = mutation.stream!(mutation.parse({ type: 'truncate', size: '1b' }), stageContext())
    const pieces = [
      { ...pieceOf('first', { message: 1 }), wireBytes: 9 },
      pieceOf('rest', { message: 1 }),
      pieceOf('second', { message: 2 }),
    ].flatMap((piece) => passed(stage, piece))
    expect(text(pieces)).toEqual(['f', 'rest', 's'])
    // What it weighs besides its length stays.
    expect(pieces[0]?.wireBytes).toBe(5)
  })

  it('passes nothing on of a piece of which nothing is left; a datagram is empty then', () => {
    const settings = mutation.parse({ type: 'truncate', size: '0b' })
    expect(passed(mutation.stream!(settings, stageContext()), pieceOf('hello'))).toEqual([])
    expect(text(passed(mutation.datagram!(settings, stageContext()), datagramOf('hello')))).toEqual([''])
  })

  it('leaves a piece or datagram as due as it is, also when that changes', () => {
    const settings = mutation.parse({ type: 'injectBytes', data: 'x' })
    const whole = pieceOf('hello')
    const [part] = passed(mutation.stream!(settings, stageContext()), partOf(whole, 1, 5))
    const sent = datagramOf('hello')
    const [got] = passed(mutation.datagram!(settings, stageContext()), sent)
    part!.dueNs += 7
    got!.dueNs += 7
    whole.dueNs += 5
    sent.dueNs += 5
    expect([part!.bytes.toString(), part!.dueNs, got!.dueNs]).toEqual(['xello', 12, 12])
  })

  it('does not touch the buffer that it was given', () => {
    const piece = pieceOf('hello')
    passed(mutation.stream!(mutation.parse({ type: 'corruptEncoding' }), stageContext()), piece)
    expect(piece.bytes.toString()).toBe('hello')
  })

  it('puts in data of any length, unclipped (P12)', () => {
    const data = 'x'.repeat(100_000)
    expect(mutated({ type: 'injectBytes', data }, ['y']).out).toEqual([`${data}y`])
  })

  it.each([
    [{ type: 'truncate' }, 'found no size with the type truncate, allowed with it: size'],
    [{ type: 'injectBytes', size: '3b' }, 'found no data, size with the type injectBytes, allowed with it: data, at'],
    [{ type: 'corruptEncoding', at: 3 }, 'found at with the type corruptEncoding, allowed with it: none of its own'],
    [{ type: 'injectBytes', data: '' }, 'found data of no bytes'],
    [{ type: 'replacePattern', find: '', replace: 'x' }, 'found find of no bytes'],
    [{ type: 'corruptBytes', size: '0b' }, 'found size of no bytes'],
    [{ type: 'swapBytes', at: 1, to: 1 }, 'found 1 for both at and to'],
    [{ type: 'corruptEncoding', minSize: '3b', maxSize: '2b' }, 'found a minSize of 3b and a maxSize of 2b'],
  ])('%j is refused, and not changed in silence (P12)', (raw, message) => {
    expect(() => mutation.parse(raw)).toThrow(message)
  })
})
