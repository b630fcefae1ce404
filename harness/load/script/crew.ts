import type { Rng } from '../../kernel/rng.ts'
import { otherKey } from '../../measure/capped-counter.ts'
import { requestNameCap } from '../../measure/measurements.ts'
import { createFeedCursor } from '../../workload/feed-rows.ts'
import type { ProtocolName, Protocols, Workload } from '../../workload/workload.ts'
import type { CrewOptions, OpenCrew } from '../crew.ts'
import type { Driver } from '../driver.ts'
import { loadDriver, type OpenAnyDriver } from '../drivers.ts'
import { openRoutedDriver } from '../other-targets.ts'
import type { Shard } from '../protocol.ts'
import { SliceRecorder } from '../recorder.ts'
import { loadScript } from './module.ts'
import { ScriptUser } from './user.ts'

/** Under which a failure of the script itself is counted. */
const scriptName = 'script'

const webSocket: Protocols['websocket']['connection'] = { path: '/', headers: {}, subprotocols: [], tls: null }
const lines: Protocols['tcp']['connection'] = {
  framing: { kind: 'line', delimiter: '\n' },
  tls: null,
  maxMessageBytes: 16 * 2 ** 20,
}

/** Makes the crews of a script. The workload's connection is that of its own protocol; the others have their defaults. */
export async function scriptCrews(workload: Workload, file: string, shard: Shard, rng: Rng): Promise<OpenCrew> {
  const script = await loadScript(file)
  const { protocol, connection, timeoutNs, variables } = workload
  const connections = {
    http: protocol === 'http' ? connection : null,
    websocket: protocol === 'websocket' ? connection : webSocket,
    tcp: protocol === 'tcp' ? connection : lines,
  }
  const openers = new Map<ProtocolName, OpenAnyDriver>()
  for (const [name, settings] of Object.entries(connections) as [ProtocolName, Workload['connection'] | null][])
    if (settings) openers.set(name, await loadDriver({ protocol: name, connection: settings }))
  const feeds = new Map(workload.feeds.map((feed) => [feed.name, createFeedCursor(feed, { shard, rng })]))
  return async (options) => {
    const { task, clock, wheel, client, emit } = options
    const recorder = new SliceRecorder(task, [], emit)
    // Opened when the script first asks: what it does not use is in no count.
    const drivers = new Map<ProtocolName, Promise<Driver>>()
    const opened: Driver[] = []
    const driverOf = (name: ProtocolName): Promise<Driver> | undefined => {
      const open = openers.get(name)
      const known = drivers.get(name)
      if (known || !open) return known
      const settings = connections[name as keyof typeof connections] as Workload['connection']
      const driver = openRoutedDriver(open, options, settings, timeoutNs)
      drivers.set(name, driver)
      void driver.then((one) => opened.push(one))
      return driver
    }
    const context = {
      clock,
      wheel,
      recorder,
      client,
      script,
      driverOf,
      variables,
      feeds,
      indexOf: indexes(recorder),
      scriptName,
    }
    return {
      recorder,
      createUser: (number, owner) => userOf(options, context, number, owner),
      close: () => {
        for (const driver of opened) driver.close()
      },
    }
  }
}

function userOf(
  options: CrewOptions,
  context: ConstructorParameters<typeof ScriptUser>[0],
  number: number,
  owner: ConstructorParameters<typeof ScriptUser>[3],
): ScriptUser {
  const { task, shard, rng } = options
  const global = number * shard.count + shard.index
  const own = rng.fork(task.arm, task.slice, 'user', global)
  return new ScriptUser(context, own, global, owner)
}

/** Gives each name the index under which it is counted; those beyond the cap share one. */
function indexes(recorder: SliceRecorder): (name: string) => number {
  const known = new Map<string, number>()
  return (name) => {
    const index = known.get(name)
    if (index !== undefined) return index
    const key = known.size < requestNameCap ? name : otherKey
    const made = known.get(key) ?? recorder.addRequest(key)
    known.set(key, made)
    return made
  }
}
