import { rmSync } from 'node:fs'
import { realClock } from '../../kernel/clock.ts'
import { isSoakrigError, messageOf } from '../../kernel/errors.ts'
import { exitCodes } from '../../kernel/exit-codes.ts'
import { createRng } from '../../kernel/rng.ts'
import { collectOwnGarbage } from '../heap/own-heap.ts'
import { type BuiltinRequest, serveBuiltin } from './serve.ts'

/** What the one argument of this entry says, as JSON. */
type Request = BuiltinRequest & { readonly seed: number | string }

const { seed, ...request } = JSON.parse(process.argv[2] ?? '') as Request

// A knob of its own ends it (`dieAfter`); like any crash, that is neither a clean end nor a signal.
const deathExitCode = 70

process.once('SIGTERM', () => process.exit(0))
process.once('SIGINT', () => process.exit(0))
// The conductor is gone: nobody is left to end this process.
if (process.connected) process.once('disconnect', () => process.exit(0))

try {
  const onDeath = (): void => process.exit(deathExitCode)
  const { url, port, statsPort } = await serveBuiltin(request, { clock: realClock, rng: createRng(seed), onDeath })
  const { socketPath } = request
  // Node leaves the file of a unix socket behind when a process exits.
  if (socketPath) process.once('exit', () => rmSync(socketPath, { force: true }))
  process.stdout.write(`listening on ${url}\n`)
  process.send?.({ ready: { port, statsPort, url } })
  // The only question there is.
  process.on('message', () => void collectOwnGarbage().then((heapKb) => process.send?.({ heapKb })))
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  if (isSoakrigError(error)) for (const one of error.problems) process.stderr.write(`${one.where}: ${one.message}\n`)
  process.exit(isSoakrigError(error) ? error.exitCode : exitCodes.bug)
}
