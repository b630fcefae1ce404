/**
 * Whether the nightly run finds a build that is 20 % slower everywhere, live: `node tests/bench/nightly-live.ts [nights] [--keep DIR]`.
 * That many nights (8 if nothing else is said) of one build are archived, each a `soakrig soak --mode long` of about three minutes;
 * then comes a night in which its requests take a quarter longer, and one in which they do not. Each night is held against those before it, by
 * soakrig's own server (the yardstick), from five on. Exits with 1 where a healthy night fails or the slow one does not, by its speed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Result } from '../../harness/archive/result.ts'
import { medianOf } from '../../harness/judge/stats/median.ts'
import { Findings } from '../support/bench-rounds.ts'

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { keep: { type: 'string' } } })
const nights = Number(positionals[0] ?? 8)
if (!Number.isInteger(nights) || nights < 5) throw new RangeError('nights: an integer from 5')

const command = fileURLToPath(new URL('../../scripts/soakrig.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'soakrig-nights-'))
const results = resolve(flags.keep ?? scratch)
const program = join(scratch, 'build.mjs')
const profileFile = join(scratch, 'nights.json')

/** The same file with another time in it, as a build of the next day is. */
function build(busyUs: number): void {
  writeFileSync(
    program,
    `import { createServer } from 'node:http'
createServer((request, response) => {
  const until = performance.now() + ${busyUs / 1000}
  while (performance.now() < until);
  response.end('hello')
}).listen(Number(process.argv[2]), '127.0.0.1')
`,
  )
}

writeFileSync(
  profileFile,
  JSON.stringify({
    name: 'nights',
    target: { command: [process.execPath, program, '{port}'], stats: 'none' },
    workload: { requests: [{ path: '/' }] },
    load: { model: 'closed', workers: 8 },
    policies: {},
    modes: {
      long: {
        duration: '5s',
        workers: 8,
        rounds: 1,
        slices: 2,
        slice: '1s',
        warmup: '500ms',
        gate: { rounds: [8], slices: 4 },
      },
    },
  }),
)

async function night(number: number): Promise<Result> {
  const out = join(scratch, 'result.json')
  const words = ['soak', profileFile, '--mode', 'long', '--seed', String(number), '--results', results, '-q']
  const child = spawn(process.execPath, [command, ...words, '-o', `json=${out}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(child, 'exit')
  return JSON.parse(readFileSync(out, 'utf8')) as Result
}

/** The speed beside the yardstick, as this night alone has it, and what it came to beside the nights before. */
function shown({ run, comparisons, reference }: Result): string {
  const own = comparisons.filter(({ against }) => against === 'baseline/yardstick-direct')
  const beside = own.map(({ metric, logRatio }) => `${metric} ${logRatio?.toFixed(3) ?? '-'}`)
  const speeds = reference.comparisons.filter(({ kind }) => kind === 'speed')
  const told = speeds.map(({ metric, estimate, verdict }) => `${metric} ${estimate.toFixed(3)} ${verdict}`)
  return `${run.verdict} (${reference.verdict ?? 'no reference'}); beside the yardstick: ${beside.join(', ')}; beside the nights before: ${told.join(', ') || '-'}`
}

const findings = new Findings()
const isSlower = ({ reference }: Result): boolean =>
  reference.comparisons.some(({ kind, verdict }) => kind === 'speed' && verdict === 'fail')
const fails = ({ run }: Result): boolean => run.verdict === 'fail'

try {
  const plainUs = 300
  build(plainUs)
  const healthy: Result[] = []
  for (let number = 1; number <= nights; number++) {
    healthy.push(await night(number))
    console.log(`night ${number}: ${shown(healthy.at(-1) as Result)}`)
  }
  const perOperationUs = healthy.flatMap(({ metrics }) =>
    metrics.requestsPerSecond ? 1e6 / metrics.requestsPerSecond : [],
  )
  build(plainUs + 0.25 * medianOf(perOperationUs))
  const slow = await night(nights + 1)
  console.log(`20 % slower: ${shown(slow)}`)
  build(plainUs)
  healthy.push(await night(nights + 2))
  console.log(`healthy again: ${shown(healthy.at(-1) as Result)}`)
  const failed = healthy.filter(fails).length
  findings.fact('healthy nights', failed === 0, `${failed} of ${healthy.length} failed`)
  findings.fact('20 % slower', fails(slow) && isSlower(slow), `${slow.run.verdict}, exit ${slow.run.exitCode}`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
