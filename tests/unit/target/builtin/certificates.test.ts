import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseTlsFiles, readTlsFiles, tlsFileProblems } from '../../../../harness/target/builtin/certificates.ts'
import { targetProblems } from '../../../../harness/target/settings.ts'
import { anyClient, authorityFile, knownClient, serverFiles } from '../../../support/certificate-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'soakrig-certificates-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const file = (name: string, text: string): string => {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

test('files that fit are read', () => {
  const tls = parseTlsFiles({ ...serverFiles, clientCa: authorityFile })!
  expect(tlsFileProblems(tls)).toEqual([])
  expect(readTlsFiles(tls)).toMatchObject({
    cert: expect.stringContaining('BEGIN CERTIFICATE') as string,
    key: expect.stringContaining('BEGIN PRIVATE KEY') as string,
    clientCa: anyClient.ca,
  })
  expect(readTlsFiles(parseTlsFiles(serverFiles)!).clientCa).toBeNull()
  expect(parseTlsFiles(undefined)).toBeNull()
})

test('everything that is wrong is said at once', () => {
  const tls = { cert: file('a.pem', 'nothing'), key: join(directory, 'none.key'), clientCa: directory }
  const problems = tlsFileProblems(tls)
  expect(problems.map(({ key }) => key)).toEqual(['cert', 'key', 'clientCa'])
  expect(problems[1]?.message).toContain('which does not exist, allowed: a PEM file that holds a private key')
  const failure = (() => {
    try {
      return readTlsFiles(tls)
    } catch (error) {
      return error
    }
  })()
  expect(failure).toMatchObject({ code: 'tls-file', exitCode: 104, problems: [{ where: '/tls/cert' }, {}, {}] })
})

test('the key of another certificate is a problem of the key, with its pointer in the profile', () => {
  const tls = { cert: serverFiles.cert, key: file('other.key', knownClient.key) }
  expect(targetProblems({ builtin: 'http', tls })).toMatchObject([
    { pointer: '/tls/key', message: expect.stringContaining('not the key of') as string },
  ])
})
