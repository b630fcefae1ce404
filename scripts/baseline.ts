import type { CommandModule } from 'yargs'
import { profileFlags } from './flags.ts'
import { measureProfile, type ProfileArguments } from './measure.ts'

/** `soakrig baseline` */
export const baseline: CommandModule<object, ProfileArguments> = {
  command: 'baseline [profile]',
  describe: 'Measure the target without any policy, directly and through the relay',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options(profileFlags)
      .example('$0 baseline --mode smoke', 'the default profile, in under a minute')
      .example('$0 baseline profiles/nginx.json --mode smoke', 'a real nginx'),
  handler: (flags) => measureProfile('baseline', { baseline: true, policies: false, stress: false }, flags),
}
