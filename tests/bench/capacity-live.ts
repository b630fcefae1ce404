/**
 * How near `soakrig capacity` comes to a capacity that is known: `node tests/bench/capacity-live.ts [searches]`. The built-in
 * HTTP server has three workers of 10 ms each, which is 300 requests a second. Exits with 1 when a search is off by more than
 * 15 %, or finds none. Three searches by default, about 20 s each.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from '../../harness/archive/result.ts'
import { Findings } from '../support/bench-rounds.ts'

const searches = Number(process.argv[2] ?? 3)
if (!Number.isInteger(searches) || searches < 1) throw new RangeError('searches: an integer from 1')
const capacity = { perSecond: 300, servers: 3 }
const command = fileURLToPath(new URL('../../scripts/soakrig.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'soakrig-capacity-'))
const findings = new Findings()

async function search(number: number): Promise<void> {
  const [file, out] = [`known-${number}.json`, `result-${number}.json`].map((name) => join(directory, name)) as [
    string,
    string,
  ]
  writeFileSync(file, JSON.stringify({ name: 'known', target: { builtin: 'http', knobs: { capacity } }, seed: number }))
  const flags = ['--no-loops', '--from', '250', '--step', '1s', '--results', directory, '-q', '-o', `json=${out}`]
  const child = spawn(process.execPath, [command, 'capacity', file, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(child, 'exit')
  const { capacity: found, doubts } = JSON.parse(readFileSync(out, 'utf8')) as Result
  const ratio = (found?.heldPerSecond ?? 0) / capacity.perSecond
  findings.value(`search ${number}, found / known`, ratio, { least: 0.85 })
  findings.value(`search ${number}, found / known`, ratio, { most: 1.15 })
  const text = `${found?.kind ?? 'nothing'}, limit ${found?.limit ?? 'none'}`
  const doubted = doubts.some(({ effect }) => effect !== 'note')
  findings.fact(`search ${number}`, found?.kind === 'found' && found.limit === 'behind' && !doubted, text)
}

try {
  for (let number = 1; number <= searches; number++) await search(number)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
