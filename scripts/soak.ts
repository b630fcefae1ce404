import type { CommandModule } from 'yargs'
import { gateFlags, policyFlags, profileFlags, referenceFlags } from './flags.ts'
import {
  type GateArguments,
  measureProfile,
  type PolicyArguments,
  type ProfileArguments,
  type ReferenceArguments,
} from './measure.ts'

/** `soakrig soak` */
export const soak: CommandModule<object, ProfileArguments & GateArguments & ReferenceArguments & PolicyArguments> = {
  command: 'soak [profile]',
  describe: 'Run the pipeline: baseline, each policy singly, stress, verdict',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options({ ...profileFlags, ...gateFlags, ...referenceFlags, ...policyFlags })
      .example('$0 soak --mode smoke', 'the default profile, in under a minute')
      .example('$0 soak profiles/nginx.json --mode smoke', 'a real nginx'),
  handler: (flags) =>
    measureProfile('soak', { baseline: true, policies: true, gate: 'comparisons', stress: true }, flags),
}
