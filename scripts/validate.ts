import type { CommandModule } from 'yargs'
import { checkModules, planRun, printValidation, realClock, summarisePlan } from '../harness/index.ts'
import { profileFlags } from './flags.ts'
import { type ProfileArguments, profileOf } from './measure.ts'

/** `soakrig validate` */
export const validate: CommandModule<object, ProfileArguments> = {
  command: 'validate [profile]',
  describe: 'Check a profile: all problems at once, or what it would do',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options(profileFlags)
      .example('$0 validate profiles/nginx.json', 'problems, warnings and the plan'),
  async handler(flags) {
    const profile = await profileOf(flags)
    const plan = planRun(profile, { baseline: true, policies: true, gate: 'comparisons', stress: true })
    await checkModules(profile, realClock)
    printValidation(profile.source, profile.warnings, summarisePlan(plan), flags)
  },
}
