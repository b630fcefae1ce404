/**
 * Whether a leak is found in a live run, and none where there is none: `node tests/bench/leak-live.ts [minutes] [--think 10ms]
 * [--leak 500b] [--only leaking|healthy] [--results DIR]`. Runs `soakrig stress --mode long` against the built-in HTTP server,
 * first with the leak and then without, 10 minutes each, by 24 loops that think for 10 ms, which is about 2,000 requests a
 * second; and prints what the result says of memory, files and threads. Exits with 1 when the leak is not found by its slope
 * (exit code 115), when the healthy server does not pass, or when a windows file gives another verdict than the run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Result } from '../../harness/archive/result.ts'
import { rounded } from '../../harness/archive/text.ts'
import { memoryOfWindows } from '../../harness/judge/memory/live.ts'
import type { MemoryWindow } from '../../harness/judge/memory/lows.ts'
import { memoryOf } from '../../harness/pipeline/memory.ts'
import { exitCodes } from '../../harness/kernel/exit-codes.ts'
import { Findings, row } from '../support/bench-rounds.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    think: { type: 'string', default: '10ms' },
    leak: { type: 'string', default: '500b' },
    only: { type: 'string' },
    results: { type: 'string' },
  },
})
const minutes = Number(positionals[0] ?? 10)
if (!(minutes > 0)) throw new RangeError('minutes: a number over 0')
const directory = flags.results ?? mkdtempSync(join(tmpdir(), 'soakrig-leak-'))
const command = fileURLToPath(new URL('../../scripts/soakrig.ts', import.meta.url))
const findings = new Findings()

/** Carries out one run to its end and tells what it found. */
async function stress(name: string, leak: string): Promise<{ code: number; result: Result }> {
  const profile = {
    name,
    target: { builtin: 'http', knobs: { leak } },
    load: { model: 'closed', workers: 24, think: flags.think },
    // What is added in the run must not break it: the slope is to be found.
    ceilings: { rssDeltaKb: 4 * 1024 * 1024 },
  }
  const [file, out] = ['json', 'result'].map((end) => join(directory, `${name}.${end}`)) as [string, string]
  writeFileSync(file, JSON.stringify(profile))
  const duration = `${Math.round(minutes * 60)}s`
  const words = ['stress', file, '--mode', 'long', '-d', duration, '--results', directory, '-q', '-o', `json=${out}`]
  const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number]
  return { code, result: JSON.parse(readFileSync(out, 'utf8')) as Result }
}

/** Whether the windows file gives the same verdict, byte for byte. */
function isReproduced({ run, windows, memory }: Result): boolean {
  const text = readFileSync(join(directory, run.profile, windows?.file ?? ''), 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as MemoryWindow)
  const heap = memory?.heap === undefined ? null : { asked: false, missing: memory.heap.missing }
  const again = memoryOf(memoryOfWindows(lines, { calibration: null, heap, memoryCeiling: true, overloaded: false }))
  return JSON.stringify(rounded(again.memory)) === JSON.stringify(memory)
}

function tell(result: Result): void {
  const { run, memory, metrics } = result
  console.log(
    `${run.profile}: ${run.verdict}, exit code ${run.exitCode}, ${metrics.operations} operations, RSS delta ${metrics.rssDeltaKb} KiB`,
  )
  for (const reason of run.reasons) console.log(`  ${reason}`)
  if (memory?.notJudged) console.log(`  not judged: ${memory.notJudged}`)
  for (const { kind, verdict, slopePerMin, interval, bound, slopePerRequest, cutSeconds, samples } of memory?.kinds ??
    []) {
    const range = interval === null ? '' : interval.map((end) => end.toFixed(2)).join(' to ')
    const bytes =
      (kind === 'rss' || kind === 'heap') && slopePerRequest !== null
        ? `${(slopePerRequest * 1024).toFixed(0)} B/request`
        : ''
    console.log(row([kind, verdict, slopePerMin ?? '', range, bound ?? '', bytes, `${cutSeconds} s`, `${samples}`], 20))
  }
  findings.fact('the same by its windows file', isReproduced(result), memory?.notJudged ?? 'all kinds')
}

try {
  if (flags.only !== 'healthy') {
    const { code, result } = await stress('leaking', flags.leak)
    tell(result)
    findings.fact(`a leak of ${flags.leak} per request`, code === exitCodes.drift, `exit code ${code}`)
  }
  if (flags.only !== 'leaking') {
    const { code, result } = await stress('healthy', '0b')
    tell(result)
    const fails = (result.memory?.kinds ?? []).filter(({ verdict }) => verdict === 'fail')
    const judged = result.memory?.notJudged === null
    findings.fact('a healthy server', code === exitCodes.pass && judged && fails.length === 0, `exit code ${code}`)
  }
} finally {
  if (flags.results === undefined) rmSync(directory, { recursive: true, force: true })
}
