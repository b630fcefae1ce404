import { join } from 'node:path'

/** What the name of a result file says. */
export interface ResultName {
  /** UTC, `yyyymmddThhmmssZ`; sorts by time. */
  readonly stamp: string
  readonly mode: string
  readonly id: string
}

const pattern = /^(?<stamp>\d{8}T\d{6}Z)-(?<mode>[a-z\d]+)-(?<id>[\w-]+)\.json$/u

/** `yyyymmddThhmmssZ` of a date. */
export function stampOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/gu, '')}Z`
}

/** The name of a result file. */
export function resultName({ stamp, mode, id }: ResultName): string {
  return `${stamp}-${mode}-${id}.json`
}

/** Reads the name of a result file; undefined when it is none, a windows file for example. */
export function parseResultName(name: string): ResultName | undefined {
  const { stamp, mode, id } = pattern.exec(name)?.groups ?? {}
  return stamp === undefined || mode === undefined || id === undefined ? undefined : { stamp, mode, id }
}

/** The windows file beside a result file. */
export function windowsName(resultFile: string): string {
  return resultFile.replace(/\.json$/u, '.windows.ndjson')
}

/** The file of dead letters beside a result file. */
export function deadLettersName(resultFile: string): string {
  return resultFile.replace(/\.json$/u, '.dead-letters.ndjson')
}

/** Where the results of a profile are. */
export function profileDirectory(resultsDir: string, profile: string): string {
  return join(resultsDir, profile)
}
