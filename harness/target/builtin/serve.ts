import type { Clock } from '../../kernel/clock.ts'
import type { Framing } from '../../kernel/framing.ts'
import type { Rng } from '../../kernel/rng.ts'
import { type BuiltinName, builtinOf } from './builtins.ts'
import { readTlsFiles, type TlsFiles } from './certificates.ts'
import type { DependencySettings } from './dependency.ts'
import type { Knobs } from './knobs.ts'
import type { BuiltinServer, TargetStats } from './service.ts'
import { serveStats } from './stats-server.ts'

/** Which built-in server, and all its settings. Plain data. */
export interface BuiltinRequest {
  readonly name: BuiltinName
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
  readonly knobs: Knobs
  readonly tls: TlsFiles | null
  readonly socketPath: string | null
  readonly framing: Framing
  readonly dependency?: DependencySettings | null
}

/** A built-in server that listens, and where it tells its stats. */
export interface ServedBuiltin extends BuiltinServer {
  /** Port of loopback that serves `/stats` and `/health` over HTTP; null: its own port does. */
  readonly statsPort: number | null
}

/** Starts a built-in server in this process. Rejects with `tls-file` (104), `port-taken` or `socket-path` (106). */
export async function serveBuiltin(
  { name, tls, ...request }: BuiltinRequest,
  context: { readonly clock: Clock; readonly rng: Rng; readonly onDeath: () => void },
): Promise<ServedBuiltin> {
  const { start, http1 } = builtinOf(name)
  const server = await start({ ...request, ...context, tls: tls && readTlsFiles(tls) })
  const stats = (): TargetStats => server.stats()
  const ofStats = http1 && !tls ? null : await serveStats(stats)
  const close = async (): Promise<void> => {
    await Promise.all([server.close(), ofStats?.close()])
  }
  const { url, host, port } = server
  return { url, host, port, statsPort: ofStats?.port ?? null, stats, close, [Symbol.asyncDispose]: close }
}
