import type { CommandModule } from 'yargs'
import { profileFlags } from './flags.ts'
import { measureProfile, type ProfileArguments } from './measure.ts'

/** `soakrig stress` */
export const stress: CommandModule<object, ProfileArguments> = {
  command: 'stress [profile]',
  describe: 'Run the stress stage alone',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options(profileFlags)
      .example('$0 stress --mode smoke', 'the default profile, in under a minute')
      .example('$0 stress profiles/nginx.json --mode smoke', 'a real nginx'),
  handler: (flags) => measureProfile('stress', { baseline: false, policies: false, stress: true }, flags),
}
