import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../fixtures/scenarios/certificates/', import.meta.url)
const pathOf = (name: string): string => fileURLToPath(new URL(name, folder))
const textOf = (name: string): string => readFileSync(pathOf(name), 'utf8')

/** Files of a server for 127.0.0.1 and localhost. */
export const serverFiles = { cert: pathOf('server.pem'), key: pathOf('server.key') }

/** File of the authority that has signed both the server's certificate and the client's. */
export const authorityFile = pathOf('ca.pem')

/** PEM texts of a client that trusts the authority, without and with a certificate of its own. */
export const anyClient = { ca: textOf('ca.pem') }
export const knownClient = { ...anyClient, cert: textOf('client.pem'), key: textOf('client.key') }
