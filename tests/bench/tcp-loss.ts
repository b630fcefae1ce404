/**
 * The loss model of streams against the kernel's own TCP: `node tests/bench/tcp-loss.ts [exchanges] [--loss 2]`. One client
 * sends 64 bytes to and fro: in a network namespace of its own, where nftables drops that share of the packets each way and
 * nothing is offloaded, and through a relay that models the same loss. Compared are the share of slow exchanges, and where
 * the steps of the slow ones lie. Without the right to make a namespace, or without `nft` and `ip`, it says so and ends with 0.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findTool } from '../support/bench-command.ts'
import { startChild } from '../support/bench-child.ts'
import { openEcho } from '../support/bench-exchange.ts'
import { quantile } from '../support/bench-moments.ts'
import { armOf, relayOf } from '../support/bench-relay.ts'
import { Findings } from '../support/bench-rounds.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { loss: { type: 'string', default: '2' }, inside: { type: 'boolean' } },
})
const exchanges = Number(positionals[0] ?? 3000)
const percent = Number(flags.loss)
/** Lines beside each other, so that their waits are. */
const lines = 20

async function measure(port: number): Promise<number[]> {
  const times = await Promise.all(
    Array.from({ length: lines }, async () => {
      const line = await openEcho(port)
      const own: number[] = []
      for (let n = 0; n < exchanges / lines; n++) own.push(await line.exchange(64))
      line.close()
      return own
    }),
  )
  return times.flat()
}

/** In the namespace: the echo server, the rule that drops, and the client. */
async function inside(): Promise<void> {
  const sh = (command: string): void =>
    void execFileSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
  sh('ip link set lo up mtu 1500')
  // One dropped super-packet would stand for many; where ethtool is missing the device can be told not to make any.
  sh('ethtool -K lo tso off gso off gro off 2>/dev/null || ip link set dev lo gso_max_segs 1')
  await using echo = await startChild('bench-echo.ts')
  sh('nft add table inet loss')
  sh("nft add chain inet loss drops '{ type filter hook input priority 0; }'")
  for (const way of ['dport', 'sport']) {
    const rule = `tcp ${way} ${echo.port} numgen random mod 1000 < ${percent * 10} drop`
    sh(`nft add rule inet loss drops '${rule}'`)
  }
  console.log(JSON.stringify(await measure(echo.port)))
}

/** Round trips under the kernel's loss; null where there is no right to have it. */
async function kernel(): Promise<number[] | null> {
  for (const tool of ['ip', 'nft', 'unshare']) {
    if ((await findTool(tool)) === null)
      return notMeasured(`${tool} is missing (packages iproute2, nftables, util-linux)`)
  }
  const denied = spawnSync('unshare', ['-n', 'true'], { encoding: 'utf8' })
  if (denied.status !== 0) return notMeasured(`a network namespace is not permitted here: ${denied.stderr.trim()}`)
  const file = fileURLToPath(import.meta.url)
  const words = ['-n', process.execPath, file, String(exchanges), '--loss', String(percent), '--inside']
  const { status, stdout, stderr } = spawnSync('unshare', words, {
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`the kernel's path was not measured: ${stderr.trim()}`)
  return JSON.parse(stdout) as number[]
}

function notMeasured(why: string): null {
  console.log(`not measured: ${why}`)
  return null
}

async function relayed(): Promise<number[]> {
  await using echo = await startChild('bench-echo.ts')
  const loss = { loss: { probability: `${percent}%` } }
  await using relay = await relayOf([armOf('lossy', echo.port, { uplink: loss, downlink: loss })])
  // Awaited here: the relay ends with this function.
  return await measure(relay.ports['lossy']!)
}

/** Where waits of Linux TCP on a path without delay lie: the tail probe, then timeouts that double. Between them lie sums of two. */
const steps = [
  { ms: 205, from: 150, to: 310 },
  { ms: 415, from: 310, to: 570 },
  { ms: 830, from: 720, to: 1000 },
] as const
const slowMs = 100
/**
 * The median of fewer is not judged. Above some 5 % the kernel has no third step to judge: what it has seen of round trips
 * that were late themselves goes into its timeouts, so that they lie anywhere from 570 to 1,300 ms.
 */
const leastInStep = 10

function describe(name: string, times: readonly number[]): { readonly share: number; readonly steps: readonly Step[] } {
  const slow = times.filter((ms) => ms > slowMs)
  const seen = steps.map(({ from, to }) => {
    const within = slow.filter((ms) => ms >= from && ms < to)
    return { count: within.length, medianMs: quantile(within, 0.5) }
  })
  const share = slow.length / times.length
  const text = seen.map(({ count, medianMs }) => (count === 0 ? '0' : `${count} at ${medianMs.toFixed(1)} ms`))
  console.log(`${name}: ${slow.length} of ${times.length} slow (${(100 * share).toFixed(2)} %): ${text.join(', ')}`)
  return { share, steps: seen }
}

interface Step {
  readonly count: number
  readonly medianMs: number
}

async function compare(): Promise<void> {
  const real = await kernel()
  if (real === null) return
  const modelled = await relayed()
  const [theirs, ours] = [describe('kernel', real), describe('model', modelled)]
  const findings = new Findings()
  const pooled = (theirs.share + ours.share) / 2
  const sigma = Math.sqrt(pooled * (1 - pooled) * (1 / real.length + 1 / modelled.length))
  findings.value('slow shares apart by so many sigma', Math.abs(theirs.share - ours.share) / sigma, { most: 3 })
  for (const [index, { ms }] of steps.entries()) {
    for (const [name, { steps: seen }] of Object.entries({ kernel: theirs, model: ours })) {
      const { count, medianMs } = seen[index] ?? { count: 0, medianMs: Number.NaN }
      if (count < leastInStep) console.log(`step at ${ms} ms, ${name}: not judged, only ${count} seen`)
      else findings.value(`step at ${ms} ms, ${name}: off by, ms`, Math.abs(medianMs - ms), { most: 15 })
    }
  }
}

await (flags.inside ? inside() : compare())
