import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { messageOf, type Problem } from '../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { type Place, textAt } from './place.ts'
import type { TlsSettings } from './tls.ts'

/** The settings as a profile holds them; true for all defaults. */
export type RawTls =
  | boolean
  | {
      readonly ca?: string
      readonly cert?: string
      readonly key?: string
      readonly servername?: string
      readonly verify?: boolean
      readonly sessionReuse?: boolean
    }

const pemFile = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description })

/** Schema of `tls`. */
export const tlsSchema: JsonSchema = {
  type: ['boolean', 'object'],
  description: 'TLS: true, or its settings; files are PEM',
  if: { type: 'object' },
  then: objectSchema({
    ca: pemFile("File of the authorities to trust besides the system's"),
    cert: pemFile("File of the client's certificate"),
    key: pemFile("File of the client's private key, without a passphrase"),
    servername: {
      type: 'string',
      minLength: 1,
      description: "Name to ask and to check for; the target's host if absent",
    },
    verify: { type: 'boolean', default: true, description: 'False to take any certificate' },
    sessionReuse: { type: 'boolean', default: true, description: 'New connections go on with an earlier session' },
  }),
}

/** What the schema cannot say of `tls` at a pointer; its files are read. */
export function tlsProblems(raw: RawTls | undefined, where: string, place: Place): Problem[] {
  if (raw === undefined || typeof raw === 'boolean') return []
  const { servername, cert, key } = raw
  const alone = (there: string | undefined, missing: string | undefined, name: string, other: string): Problem[] =>
    there !== undefined && missing === undefined
      ? [{ where: `${where}/${name}`, message: `found nothing, required beside ${other}` }]
      : []
  const named = servername !== undefined && (isIP(servername) !== 0 || !/^[\w.-]+$/u.test(servername))
  const message = `found ${JSON.stringify(servername)}, allowed: a host name (RFC 6066 has no addresses here)`
  return [
    ...fileProblems(raw, where, place),
    ...alone(cert, key, 'key', 'cert'),
    ...alone(key, cert, 'cert', 'key'),
    ...(named ? [{ where: `${where}/servername`, message }] : []),
  ]
}

/** Reads settings that have no problems; null for no TLS. */
export function parseTls(raw: RawTls | undefined, place: Place): TlsSettings | null {
  if (raw === undefined || raw === false) return null
  const { ca, cert, key, servername = null, verify = true, sessionReuse = true } = raw === true ? {} : raw
  const textOf = (file: string | undefined): string | null => {
    const read = file === undefined ? undefined : textAt(place, file)
    return read && 'text' in read ? read.text : null
  }
  return { ca: textOf(ca), cert: textOf(cert), key: textOf(key), servername, verify, sessionReuse }
}

function fileProblems({ ca, cert, key }: Exclude<RawTls, boolean>, where: string, place: Place): Problem[] {
  const problems: Problem[] = []
  const readAs = <Value>(name: string, file: string | undefined, kind: string, make: (pem: string) => Value) => {
    if (file === undefined) return undefined
    const read = textAt(place, file)
    try {
      if ('text' in read) return make(read.text)
      problems.push({ where: `${where}/${name}`, message: read.problem })
    } catch (error) {
      const message = `found ${JSON.stringify(file)}, allowed: a PEM file of ${kind} (${messageOf(error)})`
      problems.push({ where: `${where}/${name}`, message })
    }
    return undefined
  }
  readAs('ca', ca, 'certificates', certificatesOf)
  const own = readAs('cert', cert, 'certificates', certificatesOf)
  const secret = readAs('key', key, 'a private key', keyOf)
  const first = own?.[0]
  if (first && secret && !first.checkPrivateKey(secret)) {
    problems.push({ where: `${where}/key`, message: `found ${JSON.stringify(key)}, allowed: the key of cert` })
  }
  return problems
}

function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/gu) ?? []
  if (blocks.length === 0) throw new Error('there is none in it')
  return blocks.map((block) => new X509Certificate(block))
}

function keyOf(pem: string): KeyObject {
  if (/ENCRYPTED/u.test(pem)) throw new Error('it is encrypted')
  return createPrivateKey(pem)
}
