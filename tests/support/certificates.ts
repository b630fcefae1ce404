import './reflect-metadata.ts'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000

/** A certificate and its key as PEM texts. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** A certificate authority of a test's own. */
export interface TestAuthority {
  /** The authority's own certificate, which those who trust it need. */
  readonly ca: string
  /** A certificate for a server, valid for these names and addresses. */
  server(hosts?: readonly string[], validity?: Validity): Promise<CertificatePair>
  /** A certificate for a client of this name. */
  client(name?: string): Promise<CertificatePair>
}

interface Validity {
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** Makes an authority; its certificates are valid from yesterday until tomorrow. */
export async function makeAuthority(name = 'soakrig test authority'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  const issue = (subject: string, more: Issue) => issueFrom(root, keys.privateKey, subject, more)
  return {
    ca: root.toString('pem'),
    server: (hosts = ['127.0.0.1', 'localhost'], within = {}) =>
      issue(`CN=${hosts[0]}`, { usage: ExtendedKeyUsage.serverAuth, hosts, within }),
    client: (client = 'client') => issue(`CN=${client}`, { usage: ExtendedKeyUsage.clientAuth, hosts: [], within: {} }),
  }
}

interface Issue {
  readonly usage: ExtendedKeyUsage
  readonly hosts: readonly string[]
  readonly within: Validity
}

async function issueFrom(
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  subject: string,
  { usage, hosts, within }: Issue,
): Promise<CertificatePair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const names = hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host }))
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...validity(),
    ...within,
    extensions: [
      new ExtendedKeyUsageExtension([usage]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` }
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const nowMs = Date.now()
  return { notBefore: new Date(nowMs - dayMs), notAfter: new Date(nowMs + dayMs) }
}
