/**
 * Feeds the response parser with 10 million bytes that nobody would send: responses with bytes dropped, doubled and changed,
 * and random ones, cut anywhere. `node tests/bench/http1-fuzz.ts [bytes] [seed]`
 * Ends with 1 when the parser throws, stands still, contradicts itself, or when memory grows.
 */
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fuzz, type FuzzFigures } from '../support/http1-fuzz.ts'

const sizeBytes = Number(process.argv[2] ?? 10_000_000)
const seed = process.argv[3] ?? 'http1-fuzz'
const rounds = 20

/** Memory that is in use may grow by this from the end of the second round on. */
const mostGrowthBytes = 5e6

/** A round that takes longer than this has stood still. */
const roundLimitMs = 60_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function usedBytes(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const sum: FuzzFigures = { bytes: 0, pushes: 0, complete: 0, problems: 0, cutOff: 0 }
let slowestMs = 0
let settledBytes = 0
const startedMs = performance.now()
for (let round = 0; round < rounds; round++) {
  const roundMs = performance.now()
  const figures = fuzz(sizeBytes / rounds, `${seed}/${round}`)
  slowestMs = Math.max(slowestMs, performance.now() - roundMs)
  for (const key of Object.keys(sum) as (keyof FuzzFigures)[]) sum[key] += figures[key]
  if (round === 1) settledBytes = usedBytes()
}
const grownBytes = usedBytes() - settledBytes

console.log(`bytes               ${sum.bytes}, in ${sum.pushes} reads`)
console.log(`responses complete  ${sum.complete}`)
console.log(`problems            ${sum.problems}`)
console.log(`cut off             ${sum.cutOff}`)
console.log(
  `time                ${((performance.now() - startedMs) / 1000).toFixed(1)} s, slowest part ${slowestMs.toFixed(0)} ms`,
)
console.log(
  `memory              ${(grownBytes / 1e6).toFixed(2)} MB more than after a tenth (limit ${mostGrowthBytes / 1e6} MB)`,
)
if (grownBytes > mostGrowthBytes || slowestMs > roundLimitMs) process.exitCode = 1
