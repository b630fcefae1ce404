import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock } from '../../harness/kernel/clock.ts'
import { needTool } from './bench-command.ts'
import { onCore } from './bench-cores.ts'
import type { CertificatePair } from './certificates.ts'

/** What nginx answers to `/`. */
export const nginxBody = 'hello world\n'

interface NginxOptions {
  readonly core: number | undefined
  /** Further locations, in the language of its configuration. */
  readonly locations?: string
  /** With one it listens with TLS, too. */
  readonly certificate?: CertificatePair
}

/** Ports of loopback by what is spoken there; those with TLS are 0 without a certificate. */
interface NginxPorts {
  readonly http: number
  readonly https: number
  readonly h2c: number
  readonly h2: number
}

/** An nginx of our own. */
export interface BenchNginx extends AsyncDisposable {
  readonly ports: NginxPorts
  /** Of HTTP/1.1 without TLS. */
  readonly url: string
}

/**
 * Starts an nginx of one process that answers 12 bytes. Other than by Debian's defaults it writes no access log, and closes
 * no connection after a thousand requests: what is compared is the cost of a request, not that of a reconnect.
 */
export async function startNginx({ core, locations = '', certificate }: NginxOptions): Promise<BenchNginx> {
  const nginx = await needTool('nginx')
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-nginx-'))
  const [http = 0, h2c = 0, https = 0, h2 = 0] = await freePorts(certificate ? 4 : 2)
  const file = join(directory, 'nginx.conf')
  if (certificate) {
    await writeFile(join(directory, 'cert.pem'), certificate.cert)
    await writeFile(join(directory, 'key.pem'), certificate.key)
  }
  await writeFile(file, configuration(directory, { http, https, h2c, h2 }, locations))
  const [command = '', ...args] = onCore(core, [nginx, '-e', join(directory, 'error.log'), '-p', directory, '-c', file])
  const child = spawn(command, args, { stdio: 'inherit' })
  const url = `http://127.0.0.1:${http}/`
  // Also when the bench ends by an error, or nginx would go on.
  const kill = (): void => void child.kill('SIGTERM')
  process.once('exit', kill)
  const dispose = async (): Promise<void> => {
    process.off('exit', kill)
    if (child.exitCode === null) {
      kill()
      await once(child, 'exit')
    }
    await rm(directory, { recursive: true, force: true })
  }
  for (let tries = 0; ; tries++) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok && (await answer.text()) === nginxBody) break
    if (tries > 100 || child.exitCode !== null) {
      const log = await readFile(join(directory, 'error.log'), 'utf8').catch(() => '')
      await dispose()
      throw new Error(`nginx does not answer: ${log}`)
    }
    await realClock.sleep(20e6)
  }
  return { ports: { http, https, h2c, h2 }, url, [Symbol.asyncDispose]: dispose }
}

function configuration(directory: string, { http, https, h2c, h2 }: NginxPorts, locations: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const secure = `listen 127.0.0.1:${https} ssl; listen 127.0.0.1:${h2} ssl http2;
    ssl_certificate ${directory}/cert.pem; ssl_certificate_key ${directory}/key.pem;`
  return `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
    events { worker_connections 4096; }
    http {
      access_log off; default_type text/plain; keepalive_requests 1000000000; http2_max_concurrent_streams 1000;
      ${temporary.map((name) => `${name}_temp_path ${directory};`).join(' ')}
      server {
        listen 127.0.0.1:${http}; listen 127.0.0.1:${h2c} http2; ${https === 0 ? '' : secure}
        location / { return 200 "hello world\\n"; }
        ${locations}
      }
    }`
}

/** Ports that nobody listens on at the moment, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
