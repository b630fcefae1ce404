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
  const file = fileURLToPath(import.meta.url)
  const words = ['-n', process.execPath, file, String(exchanges), '--loss', String(percent), '--inside']
  const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) return notMeasured(`a network namespace is not permitted here: ${stderr.trim().split('\n').at(-1)}`)
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

/** Where waits of Linux TCP on a path without delay lie: the tail probe, then timeouts that double. */
const steps = [
  { ms: 205, from: 150, to: 310 },
  { ms: 415, from: 310, to: 620 },
  { ms: 830, from: 620, to: 1240 },
] as const
const slowMs = 100

function describe(
  name: string,
  times: readonly number[],
): { readonly share: number; readonly steps: readonly number[] } {
  const slow = times.filter((ms) => ms > slowMs)
  const medians = steps.map(({ from, to }) =>
    quantile(
      slow.filter((ms) => ms >= from && ms < to),
      0.5,
    ),
  )
  const share = slow.length / times.length
  const text = steps.map(({ from, to }, index) => {
    const count = slow.filter((ms) => ms >= from && ms < to).length
    return `${count} at ${medians[index]?.toFixed(1)} ms`
  })
  console.log(`${name}: ${slow.length} of ${times.length} slow (${(100 * share).toFixed(2)} %): ${text.join(', ')}`)
  return { share, steps: medians }
}

async function compare(): Promise<void> {
  const real = await kernel()
  if (real === null) return
  const [theirs, ours] = [describe('kernel', real), describe('model', await relayed())]
  const findings = new Findings()
  const pooled = (theirs.share + ours.share) / 2
  const sigma = Math.sqrt((pooled * (1 - pooled) * 2) / exchanges)
  findings.value('slow shares apart by so many sigma', Math.abs(theirs.share - ours.share) / sigma, { most: 3 })
  for (const [index, { ms }] of steps.entries()) {
    for (const [name, { steps: seen }] of Object.entries({ kernel: theirs, model: ours })) {
      const at = seen[index] ?? Number.NaN
      if (Number.isNaN(at)) console.log(`step at ${ms} ms, ${name}: none seen`)
      else findings.value(`step at ${ms} ms, ${name}: off by, ms`, Math.abs(at - ms), { most: 15 })
    }
  }
}

await (flags.inside ? inside() : compare())
