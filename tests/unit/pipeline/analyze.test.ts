import { expect, test } from 'vitest'
import { analyzeTraces, type AnalyzedLine } from '../../../harness/pipeline/analyze.ts'

const series = '{"schema":"soakrig/series@1","id":"s","values":[1,2]}'

async function analyzed(text: string, most = Infinity) {
  const seen: AnalyzedLine[] = []
  async function* input(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const show = (line: AnalyzedLine): Promise<boolean> => Promise.resolve(seen.push(line) < most)
  const code = await analyzeTraces({ file: null, input: input(), exitByVerdict: true, show })
  return { code, seen }
}

test('each line has its outcome, in order; empty ones are only counted', async () => {
  const { code, seen } = await analyzed(`${series}\n\n${series}\r\n`)
  expect(code).toBe(0)
  expect(seen.map(({ line }) => line)).toEqual([1, 3])
})

test('a line that is no document keeps no other from its answer', async () => {
  const { code, seen } = await analyzed(`${series}\n{"schema":\n${series}`)
  expect(code).toBe(104)
  expect(seen.map(({ outcome }) => 'answer' in outcome)).toEqual([true, false, true])
  expect(seen[1]?.outcome).toMatchObject({
    id: null,
    problems: [{ message: expect.stringContaining('no JSON document') }],
  })
})

test('nothing at all is bad input', async () => {
  await expect(analyzed('\n \n')).rejects.toMatchObject({ code: 'nothing-to-analyse', exit: 'usage' })
})

test('nothing more is analysed when nobody reads any more', async () => {
  const { seen } = await analyzed(`${series}\n`.repeat(5), 2)
  expect(seen).toHaveLength(2)
})
