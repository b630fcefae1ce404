import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf, SoakrigError, systemCode } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../../kernel/json-schema.ts'
import type { BuiltinOptions } from './service.ts'

/** Paths of PEM files, relative to the folder that soakrig is run in. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** Clients must show a certificate of this authority; null for any client. */
  readonly clientCa: string | null
}

/** The same as a profile holds them. */
export interface RawTlsFiles {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string
}

const path = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description })

/** JSON Schema of `tls`. */
export const tlsFilesSchema: JsonSchema = objectSchema(
  {
    cert: path('PEM file of its certificate, and of those that lead to the authority'),
    key: path('PEM file of the private key'),
    clientCa: path('PEM file of the authority whose certificate every client must show'),
  },
  {
    required: ['cert', 'key'],
    description: 'It serves with TLS; files are relative to the folder that soakrig is run in',
  },
)

/** Reads `tls` that has passed `tlsFilesSchema`. */
export function parseTlsFiles(raw: RawTlsFiles | undefined): TlsFiles | null {
  return raw ? { cert: raw.cert, key: raw.key, clientCa: raw.clientCa ?? null } : null
}

/** What is wrong with one of the files. */
export interface TlsFileProblem {
  readonly key: keyof TlsFiles
  readonly message: string
}

/** Reads the files. Throws `tls-file` (104) with everything that is wrong with them. */
export function readTlsFiles(files: TlsFiles): NonNullable<BuiltinOptions['tls']> {
  const problems = tlsFileProblems(files)
  if (problems.length > 0) {
    throw new SoakrigError('the certificate files cannot be used', {
      code: 'tls-file',
      exit: 'usage',
      problems: problems.map(({ key, message }) => ({ where: `/tls/${key}`, message })),
    })
  }
  const { cert, key, clientCa } = files
  return { cert: textOf(cert), key: textOf(key), clientCa: clientCa === null ? null : textOf(clientCa) }
}

/** What is wrong with the files: not there, not PEM, or a key that is another certificate's; empty when nothing is. */
export function tlsFileProblems({ cert, key, clientCa }: TlsFiles): TlsFileProblem[] {
  const certificate = attempt('cert', cert, 'a certificate', (text) => new X509Certificate(text))
  const privateKey = attempt('key', key, 'a private key without a passphrase', createPrivateKey)
  const authority =
    clientCa === null ? {} : attempt('clientCa', clientCa, 'a certificate', (text) => new X509Certificate(text))
  const problems = [certificate, privateKey, authority].flatMap(({ problem }) => problem ?? [])
  const pair = certificate.value && privateKey.value
  if (pair && !certificate.value.checkPrivateKey(privateKey.value)) {
    problems.push({ key: 'key', message: `found ${JSON.stringify(key)}, which is not the key of ${cert}` })
  }
  return problems
}

interface Attempt<Value> {
  readonly value?: Value
  readonly problem?: TlsFileProblem
}

function attempt<Value>(
  key: keyof TlsFiles,
  path: string,
  wanted: string,
  read: (text: string) => Value,
): Attempt<Value> {
  const allowed = `allowed: a PEM file that holds ${wanted}`
  try {
    return { value: read(textOf(path)) }
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? 'which does not exist' : `which fails with: ${messageOf(error)}`
    return { problem: { key, message: `found ${JSON.stringify(path)}, ${reason}, ${allowed}` } }
  }
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8')
}
