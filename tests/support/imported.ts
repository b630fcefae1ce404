import { expect } from 'vitest'
import type { Imported } from '../../harness/workload/import/imported.ts'
import { problemsOf, workloadOf } from './workload.ts'

/** The workload of what was imported, which must be sound. */
export function importedWorkload({ document }: Imported, directory?: string) {
  const { workload } = document as { readonly workload: Readonly<Record<string, unknown>> }
  expect(problemsOf(workload, directory)).toEqual({})
  return workload
}

/** The HTTP requests of what was imported, as a run would send them. */
export function importedRequests(imported: Imported) {
  return workloadOf<'http'>(importedWorkload(imported)).requests
}
