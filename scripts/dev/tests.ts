import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'zx'

/** How many tests must pass in a full run: raise it with the suite, so that tests cannot vanish unseen. */
const floor = 7500

/** What is read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const args = process.argv.slice(2)
const directory = await mkdtemp(join(tmpdir(), 'soakrig-tests-'))
try {
  const file = join(directory, 'report.json')
  const shown = { stdio: 'inherit', nothrow: true } as const
  const { exitCode } = await $(shown)`vitest run --reporter=default --reporter=json --outputFile.json=${file} ${args}`
  const problems = exitCode === 0 ? [] : [`vitest ended with ${exitCode}`]
  const report = await readReport(file)
  problems.push(...(report ? judge(report) : ['vitest wrote no report']))
  for (const problem of problems) console.error(`tests: ${problem}`)
  if (report) console.log(summary(report))
  if (problems.length > 0) process.exitCode = 1
} finally {
  await rm(directory, { recursive: true, force: true })
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

/** What is wrong with a run that vitest itself may call good. */
function judge(report: Report): string[] {
  const problems: string[] = []
  const skipped = skips(report)
  if (process.env['CI'] && skipped > 0) problems.push(`${skipped} skipped, and CI is set: everything must run there`)
  if (args.length === 0 && report.numPassedTests < floor)
    problems.push(`${report.numPassedTests} passed, at least ${floor} expected`)
  return problems
}

function skips(report: Report): number {
  return report.numPendingTests + report.numTodoTests
}

function summary(report: Report): string {
  // A file that does not load has no failed test of its own, but must not read as "0 failed".
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return `${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed, ${skips(report)} skipped`
}
