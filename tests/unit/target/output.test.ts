import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lastLines, openOutput } from '../../../harness/target/output.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-output-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('the tail is the last twenty lines, each cut', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`)
  expect(lastLines(`${lines.join('\n')}\n\n`)).toEqual(lines.slice(10))
  expect(lastLines('x'.repeat(900))[0]).toHaveLength(500)
  expect(lastLines('\n')).toEqual([])
})

test('an output of more than 8 MiB is emptied, its end kept, and appending goes on', () => {
  const output = openOutput(directory)
  writeSync(output.fd, `${'x'.repeat(1023)}\n`.repeat(8 * 1024))
  output.bound()
  expect(existsSync(join(directory, 'output.old.log'))).toBe(false)
  writeSync(output.fd, 'last before\n')
  output.bound()
  expect(statSync(output.file).size).toBe(0)
  expect(statSync(join(directory, 'output.old.log')).size).toBe(64 * 1024)
  writeSync(output.fd, 'first after\n')
  expect(readFileSync(output.file, 'utf8')).toBe('first after\n')
  expect(output.tail().slice(-2)).toEqual(['last before', 'first after'])
  output.close()
  expect(output.tail()).toBeInstanceOf(Array)
})

test('text is read from an offset on, and from the start when the file was cut', () => {
  const output = openOutput(directory)
  writeSync(output.fd, 'before ready')
  expect(output.textFrom(7)).toBe('ready')
  expect(output.textFrom(12)).toBe('')
  expect(output.textFrom(99)).toBe('before ready')
  output.close()
})
