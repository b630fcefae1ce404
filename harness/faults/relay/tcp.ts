import { connect, type Socket } from 'node:net'
import { SoakrigError } from '../../kernel/errors.ts'
import { resolveAllowed } from '../../kernel/loopback.ts'
import type { Traffic } from '../match.ts'
import { ArmRules } from './arm-rules.ts'
import { RelayConnection } from './connection.ts'
import { ListenerFaults, mayCloseListener } from './listener-faults.ts'
import { StreamListener } from './listener.ts'
import { createMeters, freeMeters, plainCounts, takeDelays } from './meters.ts'
import type { Endpoint } from './protocol.ts'
import type { Transport } from './transport.ts'

/** Opens an arm that relays streams of TCP. */
export const openTcpArm: Transport = async (arm, context) => {
  const { rng, clock, wheel, allowedHosts, background = false } = context
  if (!arm.upstream) throw new SoakrigError(`the arm ${arm.arm} has no upstream`, { code: 'no-upstream', exit: 'bug' })
  const { host, port } = arm.upstream
  const address = await resolveAllowed(host, allowedHosts)
  const traffic: Traffic = { protocol: 'tcp', host, address, port, sni: undefined }
  const meters = createMeters()
  const connections = new Connections()

  const accepted = (client: Socket): void => {
    meters.accepted++
    meters.open++
    const upstream = reach(client, { host: address, port }, background)
    connections.add((closed) => {
      return new RelayConnection({ client, upstream, rules, traffic, meters, clock, wheel, closed })
    })
  }
  const listener = await StreamListener.open({
    listen: arm.listen,
    mayClose: mayCloseListener(arm.layers),
    rng: rng.fork('port'),
    clock,
    background,
    accepted,
  }).catch((error: unknown) => {
    freeMeters(meters)
    throw error
  })
  // From here without a wait to where connections come: they find their rules.
  const rules = new ArmRules({ arm: arm.arm, layers: arm.layers, context, changed: () => void faults.update() })
  const faults: ListenerFaults = new ListenerFaults(listener, rules, traffic)
  await faults.update()

  return {
    port: listener.port,
    setSlice(slice, originNs) {
      faults.nextSlice()
      rules.setSlice(slice, originNs)
    },
    setLayers(layers) {
      rules.setLayers(layers)
      return faults.settled()
    },
    read: (takesDelays) => ({
      ...plainCounts(meters),
      ...rules.read(),
      delays: takesDelays ? takeDelays(meters) : null,
    }),
    async close() {
      rules.close()
      await listener.close()
      await connections.reset()
      freeMeters(meters)
    },
  }
}

/** The connections of an arm that are there. */
class Connections {
  readonly #open = new Set<RelayConnection>()
  #emptied: (() => void) | undefined

  add(join: (closed: () => void) => RelayConnection): void {
    const connection = join(() => {
      this.#open.delete(connection)
      if (this.#open.size === 0) this.#emptied?.()
    })
    this.#open.add(connection)
  }

  /** Resets all of them; resolves when they are closed. */
  async reset(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#emptied = resolve
    for (const connection of this.#open) connection.destroy()
    if (this.#open.size > 0) await promise
  }
}

/** The connection to the upstream of a client; in the background, neither keeps the process alive. */
function reach(client: Socket, { host, port }: Endpoint, background: boolean): Socket {
  const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true })
  if (background) for (const socket of [client, upstream]) socket.unref()
  return upstream
}
