import { fileURLToPath } from 'node:url'
import { isSoakrigError } from '../../harness/kernel/errors.ts'
import { compileProfile } from '../../harness/profile/compile.ts'
import type { Profile } from '../../harness/profile/profile.ts'
import type { ProtocolName, Workload } from '../../harness/workload/workload.ts'

/** The folder whose files the workloads of tests name. */
export const workloadFiles = fileURLToPath(new URL('../fixtures/workload', import.meta.url))

/** The profile around a workload; its files are looked for in `directory`. */
export function profileOf(workload: object, directory = workloadFiles): Profile {
  const document = { target: { url: 'http://127.0.0.1:8080' }, workload }
  return compileProfile({ document, source: 'test', directory, problems: [] }, { flags: {}, env: {} })
}

/** A workload as its profile has it. */
export function workloadOf<Name extends ProtocolName = ProtocolName>(workload: object): Workload<Name> {
  return profileOf(workload).workload as unknown as Workload<Name>
}

/** What is wrong with a workload: messages by their place below the workload. */
export function problemsOf(workload: object, directory?: string): Record<string, string> {
  try {
    profileOf(workload, directory)
    return {}
  } catch (error) {
    if (!isSoakrigError(error) || error.code !== 'bad-profile') throw error
    return Object.fromEntries(error.problems.map(({ where, message }) => [where.replace(/^\/workload/u, ''), message]))
  }
}
