import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJson } from '../../../harness/kernel/jsonc.ts'
import { problemsOf, workloadFiles } from '../../support/workload.ts'

const page = readFileSync(fileURLToPath(new URL('../../../docs/workloads.md', import.meta.url)), 'utf8')
const examples = [...page.matchAll(/```jsonc\n([\s\S]*?)```/gu)].map(([, text = '']) => text)

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-docs-'))
  cpSync(workloadFiles, directory, { recursive: true })
  for (const name of ['ca.pem', 'client.pem', 'client.key'])
    copyFileSync(join(workloadFiles, '../scenarios/certificates', name), join(directory, name))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test.each(examples)('the workload %# of the documents is valid', (text) => {
  const { document, problems } = readJson(text, 'workloads.md')
  expect(problems).toEqual([])
  expect(problemsOf(document as object, directory)).toEqual({})
})

test('the documents show a workload of every protocol', () => {
  for (const protocol of ['http', 'websocket', 'tcp', 'udp', 'grpc'])
    expect(page).toContain(`"protocol": "${protocol}"`)
})
