import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replayDeadLetters } from '../../../harness/archive/replay.ts'
import type { ResultDeadLetter } from '../../../harness/archive/result.ts'
import { createArchive } from '../../../harness/archive/write.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-replay-'))
  file = join(directory, 'run.dead-letters.ndjson')
})
afterEach(() => rmSync(directory, { recursive: true }))

const letterOf = (request: string, idempotent = true): ResultDeadLetter => ({
  time: '2026-01-01T00:00:00.000Z',
  arm: 'policy.a/policy-direct',
  request,
  message: { method: 'POST', path: `/${request}` },
  idempotent,
  error: 'refused',
  status: 0,
  attempts: 2,
})
const letters = ['a', 'b', 'c'].map((name) => letterOf(name))
const linesOf = (all: readonly ResultDeadLetter[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join('')

test('every letter is sent once, in order, and a file whose letters all went leaves no other (S19)', async () => {
  writeFileSync(file, linesOf(letters))
  const sent: ResultDeadLetter[] = []
  const report = await replayDeadLetters(file, async (letter) => void sent.push(letter))
  expect(sent).toEqual(letters)
  expect(report).toEqual({ sent: 3, failed: 0, unreadable: 0, rest: null })
  expect(existsSync(`${file}.rest`)).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe(linesOf(letters))
})

test('what fails again stays, in a new file that can be replayed in turn', async () => {
  writeFileSync(file, linesOf(letters))
  const failing = ({ request }: ResultDeadLetter): Promise<void> =>
    request === 'b' ? Promise.reject(new Error('still down')) : Promise.resolve()
  const report = await replayDeadLetters(file, failing)
  expect(report).toEqual({ sent: 2, failed: 1, unreadable: 0, rest: `${file}.rest` })
  expect(readFileSync(`${file}.rest`, 'utf8')).toBe(linesOf([letterOf('b')]))
  expect(await replayDeadLetters(`${file}.rest`, async () => {})).toMatchObject({ sent: 1, rest: null })
})

test('a last line that was torn off, and whatever else is no letter, is counted and passed over', async () => {
  writeFileSync(file, `${linesOf(letters)}\n{}\n${linesOf([letterOf('d')]).slice(0, 40)}`)
  expect(await replayDeadLetters(file, async () => {})).toMatchObject({ sent: 3, failed: 0, unreadable: 2 })
})

test('what is not tried since the signal has aborted stays too', async () => {
  writeFileSync(file, linesOf(letters))
  const abort = new AbortController()
  const report = await replayDeadLetters(file, async () => abort.abort(), abort.signal)
  expect(report).toMatchObject({ sent: 1, failed: 2 })
  expect(readFileSync(`${file}.rest`, 'utf8')).toBe(linesOf(letters.slice(1)))
})

test('a letter is sent as it was written: numbers to their last digit, and texts with any ends of lines', async () => {
  const message = { body: 'one\u2028two\u2029three\r\nfour', at: 52.123456789012 }
  const archive = createArchive({ resultsDir: directory, profile: 'p', mode: 'smoke', startedAt: new Date(0), id: 'x' })
  archive.appendDeadLetter({ ...letterOf('a'), message })
  const written = join(directory, 'p', archive.closeDeadLetters()!.file)
  const failing = (): Promise<never> => Promise.reject(new Error('still down'))
  expect(await replayDeadLetters(written, failing)).toMatchObject({ failed: 1, unreadable: 0 })
  const sent: unknown[] = []
  await replayDeadLetters(`${written}.rest`, async (letter) => void sent.push(letter.message))
  expect(sent).toEqual([message])
})

test('a rest is never written over, nor anything sent beside it, and a file that is missing is told', async () => {
  writeFileSync(file, linesOf(letters))
  writeFileSync(`${file}.rest`, 'mine')
  let sent = 0
  const refuse = (): Promise<never> => {
    sent++
    return Promise.reject(new Error('no'))
  }
  await expect(replayDeadLetters(file, refuse)).rejects.toMatchObject({ code: 'result-exists' })
  expect(sent).toBe(0)
  expect(readFileSync(`${file}.rest`, 'utf8')).toBe('mine')
  await expect(replayDeadLetters(join(directory, 'none'), refuse)).rejects.toMatchObject({
    code: 'dead-letters-missing',
  })
})
