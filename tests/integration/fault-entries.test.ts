import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { faultTable } from '../../harness/faults/faults.ts'
import type { ArmReading } from '../../harness/faults/relay/protocol.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { addTallies } from '../../harness/measure/tally.ts'
import {
  allWhole,
  answersOf,
  carriedUpBytes,
  carry,
  carryAll,
  openEntryTarget,
  talk,
  wholeOf,
} from '../support/entry-target.ts'
import { type FaultEntry, faultEntries, startRelayCommand } from '../support/fault-entries.ts'
import { byChance, type EntryRow, faultEntryRows } from '../support/fault-entry-rows.ts'
import { until } from '../support/sockets.ts'
import { openUdpPeer } from '../support/udp-peer.ts'

const mebibyte = 2 ** 20
/** Processes that are started at once. */
const processes = 4

/** Within this time a connection that hangs is given up when its client has ended. */
const givenUpNs = 350e6

/** What came of a row: what its clients saw, or why they saw nothing, what they had to see, and what the relay counted. */
interface Played {
  readonly seen: PromiseSettledResult<unknown>
  readonly expected: unknown
  readonly reading: ArmReading
}

async function play(entry: FaultEntry, rows: readonly EntryRow[]): Promise<ReadonlyMap<EntryRow, Played>> {
  await using target = await openEntryTarget(mebibyte)
  await using opened = await entry.open(rows, target.port, 1)
  const seen = await Promise.allSettled<unknown>(
    rows.map((row) => {
      const port = opened.portOf(row)
      return row.talk ? talk(port, target, row.talk) : carryAll(port, target)
    }),
  )
  // Its clients are gone, and so must be what was opened for them.
  await until('the target is left alone', () => target.open() === 0)
  await realClock.sleep(rows.some(({ talk: heard }) => heard?.how === 'silence') ? givenUpNs : 50e6)
  const readingOf = await opened.end()
  const whole = allWhole(target)
  return new Map(
    rows.map((row, index) => [row, { seen: seen[index]!, expected: row.talk ?? whole, reading: readingOf(row) }]),
  )
}

/** As many rows at once as the entry takes, in some processes side by side. */
async function playAll(entry: FaultEntry, rows: readonly EntryRow[]) {
  const groups = entry.rowsAtOnce === 1 ? rows.map((row) => [row]) : [rows]
  const played = new Map<EntryRow, Promise<Played>>()
  const next = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      const result = play(entry, group)
      for (const row of group) {
        const own = result.then((map) => map.get(row)!)
        own.catch(() => {})
        played.set(row, own)
      }
      await result.catch(() => {})
    }
  }
  await Promise.all(Array.from({ length: processes }, next))
  return played
}

test('the rows name every fault of streams, of connections and of listeners', () => {
  const keywords = Object.values(faultTable)
    .filter((fault) => 'stream' in fault || 'connection' in fault || 'listener' in fault)
    .map(({ keyword }) => keyword)
  expect(new Set(faultEntryRows.flatMap(({ fires }) => fires))).toEqual(new Set(keywords))
})

describe.each(faultEntries)('through $name (P1, P2)', (entry) => {
  const rows = faultEntryRows.filter((row) => entry.knows(row))
  let played: ReadonlyMap<EntryRow, Promise<Played>>
  beforeAll(async () => {
    played = await playAll(entry, rows)
  })

  test.each(rows)('$name $does', async (row) => {
    const { seen, expected, reading } = await played.get(row)!
    expect(seen).toEqual({ status: 'fulfilled', value: expected })
    expectCounted(row, reading)
    if (row.talk === undefined) expectAllCounted(reading)
  })

  test('the n-th connection is hit or spared by the seed alone, whatever runs beside it (F37, P16)', async () => {
    const answers = async (atOnce: boolean): Promise<boolean[]> => {
      await using target = await openEntryTarget(0)
      await using opened = await entry.open([byChance], target.port, 1)
      return await answersOf(opened.portOf(byChance), target, atOnce)
    }
    const [alone, beside] = await Promise.all([answers(false), answers(true)])
    expect(new Set(alone)).toEqual(new Set([true, false]))
    expect(beside).toEqual(alone)
  })
})

/** The counters of a path whose clients are gone agree with what faults did, and with each other. */
function expectCounted({ fires, spares = [] }: EntryRow, reading: ArmReading): void {
  const { tallies, rules } = reading
  expect(reading).toMatchObject({ open: 0, heldBytes: 0, upstreamFailures: 0 })
  const fired = Object.keys(tallies).filter((keyword) => tallies[keyword]!.fired > 0)
  expect(fired.toSorted()).toEqual([...fires].toSorted())
  for (const keyword of spares) expect(tallies[keyword]?.eligible).toBeGreaterThan(0)
  for (const tally of Object.values(tallies)) expect(tally.fired).toBeLessThanOrEqual(tally.eligible)
  expect(Object.values(rules).reduce((sum, rule) => addTallies(sum, rule.tallies), {})).toEqual(tallies)
}

/** All that was sent was counted; of the connection that was reset only its client knows how much it got. */
function expectAllCounted({ accepted, bytesUp, bytesDown, counters }: ArmReading): void {
  expect({ accepted, bytesUp }).toEqual({ accepted: 4, bytesUp: carriedUpBytes(mebibyte) })
  expect(bytesDown).toBeGreaterThan(3 * mebibyte)
  expect(bytesDown).toBeLessThanOrEqual(4 * mebibyte)
  expect(counters['tcp.discardedBytes'] ?? 0).toBeLessThanOrEqual(mebibyte)
}

describe('soakrig relay', () => {
  test('carries 64 MiB each way whole and in order through all that delays (P2, P5)', async () => {
    await using large = await openEntryTarget(64 * mebibyte)
    const each = {
      latency: { delay: '1ms', jitter: '1ms' },
      rate: '2gbps',
      loss: { probability: '0.01%', tcp: { rtoMin: '1ms', congestion: 'none' } },
      reorder: { probability: '0.1%', delay: '1ms' },
      duplicate: { probability: '0.1%' },
      slicer: { size: '8KiB', variation: '2KiB' },
    }
    const fault = JSON.stringify({ uplink: each, downlink: each })
    await using command = await startRelayCommand('--upstream', `127.0.0.1:${large.port}`, '--fault', fault)
    expect(await carry(command.port, large, 'both')).toEqual(wholeOf(large))
    await until('the connection is over', () => large.open() === 0)
    const reading = (await command.end()) as ArmReading
    expect(reading).toMatchObject({ bytesDown: 64 * mebibyte, heldBytes: 0 })
    const fired = Object.keys(each).filter((keyword) => reading.tallies[keyword]!.fired > 0)
    expect(fired).toEqual(Object.keys(each))
  })

  test('takes a preset by its name', async () => {
    await using target = await openEntryTarget(0)
    await using command = await startRelayCommand('--upstream', `127.0.0.1:${target.port}`, '--preset', 'fios')
    const fromNs = realClock.nowNs()
    const whole = { bytes: 2000, head: 'E0', how: 'end' }
    expect(await talk(command.port, target, whole)).toEqual(whole)
    // Two messages, and 4 ms of round trip each.
    expect((realClock.nowNs() - fromNs) / 1e6).toBeGreaterThanOrEqual(8)
    expect((await command.end()) as ArmReading).toMatchObject({
      tallies: { latency: { fired: expect.any(Number) }, rate: { fired: expect.any(Number) } },
    })
  })

  test('duplicates datagrams, and answers come back to where they were asked for (F29)', async () => {
    await using peer = await openUdpPeer(({ answer }) => answer())
    const fault = JSON.stringify({ uplink: { duplicate: { probability: 1 } }, latency: { delay: '1ms' } })
    const flags = ['--udp', '--upstream', `127.0.0.1:${peer.port}`, '--fault', fault]
    await using command = await startRelayCommand(...flags)
    const client = createSocket('udp4')
    let answers = 0
    client.on('message', () => answers++)
    for (let n = 0; n < 5; n++) client.send(Buffer.alloc(100, n), command.port, '127.0.0.1')
    await until('all are answered twice', () => answers === 10)
    client.close()
    expect(peer.came).toHaveLength(10)
    expect((await command.end()) as ArmReading).toMatchObject({
      accepted: 1,
      bytesUp: 500,
      bytesDown: 1000,
      heldBytes: 0,
      tallies: { duplicate: { eligible: 5, fired: 5 }, latency: { fired: 10 } },
    })
  })

  test('is a resolver with faults for names that it is told (F32)', async () => {
    const fault = JSON.stringify({ dns: { nxdomain: 1, names: ['gone.test'] } })
    await using command = await startRelayCommand('--dns', 'db.test=127.0.0.1,gone.test=127.0.0.1', '--fault', fault)
    const resolver = new Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([`127.0.0.1:${command.port}`])
    expect(await resolver.resolve4('db.test')).toEqual(['127.0.0.1'])
    await expect(resolver.resolve4('gone.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect((await command.end()) as ArmReading).toMatchObject({
      accepted: 2,
      open: 0,
      tallies: { dns: { eligible: 1, fired: 1 } },
    })
  })
})
