import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lines } from '../../../harness/pipeline/lines.ts'

async function linesOf(chunks: readonly Uint8Array[], longest = 1e6): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks
  }
  return Array.fromAsync(lines(source(), longest))
}

describe('lines', () => {
  test('are the same however the bytes are cut', async () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n') && !text.startsWith('\uFEFF')),
      { minLength: 1 },
    )
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 8 }), async (all, cuts) => {
        const bytes = Buffer.from(`${all.join('\n')}\n`)
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
        expect(await linesOf(chunks)).toEqual(all)
      }),
      { numRuns: 100, seed: 4 },
    )
  })

  test('end at a newline only, and not at separators that JSON may hold', async () => {
    expect(await linesOf([Buffer.from('{"a":"\u2028 \u2029 \u0085"}\n2')])).toEqual([
      '{"a":"\u2028 \u2029 \u0085"}',
      '2',
    ])
  })

  test('may lack the last end, and begin with a byte order mark', async () => {
    expect(await linesOf([Buffer.from('\uFEFF1\n\n3')])).toEqual(['1', '', '3'])
    expect(await linesOf([])).toEqual([])
  })

  test('of no end are refused instead of held', async () => {
    const endless = Array.from({ length: 5 }, () => Buffer.from('xxxx'))
    await expect(linesOf([Buffer.from('1\n'), ...endless], 16)).rejects.toMatchObject({
      code: 'line-too-long',
      exit: 'usage',
      message: expect.stringMatching(/^line 2 is longer/u),
    })
    expect(await linesOf(endless.slice(1), 16)).toEqual(['x'.repeat(16)])
  })
})
