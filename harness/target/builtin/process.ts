import { realClock } from '../../kernel/clock.ts'
import { isSoakrigError, messageOf } from '../../kernel/errors.ts'
import { exitCodes } from '../../kernel/exit-codes.ts'
import { createRng } from '../../kernel/rng.ts'
import { startHttpTarget } from './http.ts'
import type { HttpKnobs } from './knobs.ts'

/** What the one argument of this entry says, as JSON. */
interface Request {
  readonly name: 'http'
  readonly host: string
  readonly port: number
  readonly knobs: HttpKnobs
  readonly seed: number | string
}

const { host, port, knobs, seed } = JSON.parse(process.argv[2] ?? '') as Request

// A knob of its own ends it (`dieAfter`); like any crash, that is neither a clean end nor a signal.
const deathExitCode = 70

process.once('SIGTERM', () => process.exit(0))
process.once('SIGINT', () => process.exit(0))
// The conductor is gone: nobody is left to end this process.
if (process.connected) process.once('disconnect', () => process.exit(0))

try {
  const onDeath = (): void => process.exit(deathExitCode)
  const target = await startHttpTarget({ host, port, knobs, clock: realClock, rng: createRng(seed), onDeath })
  process.stdout.write(`listening on ${target.url}\n`)
  process.send?.({ ready: { port: target.port } })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exit(isSoakrigError(error) ? error.exitCode : exitCodes.bug)
}
