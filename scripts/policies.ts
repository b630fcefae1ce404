import type { CommandModule } from 'yargs'
import { policyFlags, profileFlags } from './flags.ts'
import { measureProfile, type PolicyArguments, type ProfileArguments } from './measure.ts'

/** `soakrig policies` */
export const policies: CommandModule<object, ProfileArguments & PolicyArguments> = {
  command: 'policies [profile]',
  describe: 'Measure the baseline and each policy singly, without stress',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options({ ...profileFlags, ...policyFlags })
      .example('$0 policies --mode smoke', 'the default profile, in under a minute')
      .example('$0 policies profiles/nginx.json --mode smoke', 'a real nginx'),
  handler: (flags) => measureProfile('policies', { baseline: true, policies: true, stress: false }, flags),
}
