import yargs, { type Argv } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { exitCodes, isSoakrigError, packageVersion, printFailure, SoakrigError } from '../harness/index.ts'
import { ab } from './ab.ts'
import { analyze } from './analyze.ts'
import { baseline } from './baseline.ts'
import { calibrate } from './calibrate.ts'
import { capacity } from './capacity.ts'
import { compare } from './compare.ts'
import { doctor } from './doctor.ts'
import { lastGiven } from './flags.ts'
import { history } from './history.ts'
import { init } from './init.ts'
import { load } from './load.ts'
import { policies } from './policies.ts'
import { relay } from './relay.ts'
import { report } from './report.ts'
import { results } from './results.ts'
import { run } from './run.ts'
import { soak } from './soak.ts'
import { stress } from './stress.ts'
import { target } from './target.ts'
import { tune } from './tune.ts'
import { validate } from './validate.ts'

/** Gathers the commands. What a command throws becomes an exit code here, and nowhere else. */
const cli: Argv = yargs(hideBin(process.argv))
  .scriptName('soakrig')
  .usage('$0 <command>\n\nStress a local service, prove every fault, and say whether it got worse.')
  .command(soak)
  .command(baseline)
  .command(policies)
  .command(stress)
  .command(load)
  .command(ab)
  .command(calibrate)
  .command(capacity)
  .command(tune)
  .command(relay)
  .command(run)
  .command(target)
  .command(compare)
  .command(history)
  .command(analyze)
  .command(report)
  .command(results)
  .command(init)
  .command(validate)
  .command(doctor)
  .demandCommand(1, 'Name a command; soakrig --help lists them.')
  .strict()
  .recommendCommands()
  .middleware((values) => lastGiven(values, cli), true)
  .completion()
  .version(packageVersion())
  .alias('h', 'help')
  .wrap(Math.min(120, process.stdout.columns ?? 100))
  .epilogue(
    'Exit codes: 0 pass, 99 a bound or ceiling broke, 102 the watchdog ended it, 104 bad input, 105 ended by a signal, 106 environment, 107 a script or policy of yours, 111 worse than the reference, 112 nothing to compare, 113 the target died, 114 void, 1 a bug in soakrig.',
  )
  .exitProcess(false)
  // A thrown error, unlike an exit code, keeps yargs from running the handler after a failed check.
  .fail((message, error) => {
    // What yargs itself finds wrong with the words is nobody's bug.
    if (error && error.name !== 'YError') throw error
    const unknown = message.startsWith('Did you mean') ? 'There is no such command. ' : ''
    throw new SoakrigError(unknown + message, {
      code: 'bad-flag',
      exit: 'usage',
      hint: 'soakrig --help shows what there is.',
    })
  })

try {
  await cli.parseAsync()
} catch (error) {
  // What stands after -- is the command's of `soakrig run`.
  const [own = ''] = process.argv.join('\0').split('\0--\0', 1)
  printFailure(error, { json: own.split('\0').includes('--json') })
  process.exitCode = isSoakrigError(error) ? error.exitCode : exitCodes.bug
}
