import type { Clock } from '../../kernel/clock.ts'
import { isSoakrigError } from '../../kernel/errors.ts'
import { found, isRecord, type JsonObject } from '../../kernel/json.ts'
import { isLoopback, resolveAllowed } from '../../kernel/loopback.ts'
import type { Endpoint, RelayArm } from '../relay/protocol.ts'
import type { Layer } from '../rule.ts'
import { formatAddress, parseAddress } from './address.ts'
import { ApiFailure, badBody, missingField, proxyExists, proxyNotFound, toxicExists, toxicNotFound } from './failure.ts'
import { createToxic, layerOf, type Toxic, updateToxic } from './toxics.ts'

/** What the proxies need of a relay: one arm is one proxy. */
export interface ProxyRelay {
  readonly ports: Readonly<Record<string, number>>
  open(arm: RelayArm): Promise<unknown>
  close(arm: string): Promise<unknown>
  setSlice(arm: string, slice: number, originNs: number): void
  setLayers(arm: string, layers: readonly Layer[]): Promise<void>
}

/** An arm that is open already and becomes a proxy of its name; its layers act whatever its toxics do. */
export interface AdoptedArm {
  readonly arm: string
  readonly listen: Endpoint
  readonly upstream: Endpoint
  readonly layers: readonly Layer[]
}

/** A proxy as the API shows it. */
export interface ShownProxy {
  readonly name: string
  readonly listen: string
  readonly upstream: string
  readonly enabled: boolean
  readonly toxics: readonly Toxic[]
}

/** What may be said of a proxy that is made or changed. */
interface ProxySettings {
  readonly name: string
  readonly listen: Endpoint
  readonly upstream: Endpoint
  readonly enabled: boolean
  /** Null: not said. Toxiproxy knows no toxics here; ours act from the first connection on. */
  readonly toxics: readonly Toxic[] | null
}

interface Proxy extends Omit<ProxySettings, 'toxics'> {
  readonly toxics: readonly Toxic[]
  readonly layers: readonly Layer[]
  /** How often it was opened: the slice that its connections belong to, so that their decisions have names of their own. */
  readonly opened: number
}

export interface ProxiesOptions {
  readonly relay: ProxyRelay
  readonly clock: Clock
  readonly allowedHosts: readonly string[]
  readonly adopted: readonly AdoptedArm[]
}

/** The proxies of the API. Its methods throw `ApiFailure`; they must not run at the same time. */
export class Proxies {
  readonly #options: ProxiesOptions
  readonly #proxies = new Map<string, Proxy>()

  constructor(options: ProxiesOptions) {
    this.#options = options
    for (const { arm, ...proxy } of options.adopted)
      this.#proxies.set(arm, { ...proxy, name: arm, enabled: true, toxics: [], opened: 1 })
  }

  /** All proxies by name. */
  index(): Record<string, ShownProxy> {
    return Object.fromEntries([...this.#proxies].map(([name, proxy]) => [name, show(proxy)]))
  }

  show(name: string): ShownProxy {
    return show(this.#get(name))
  }

  async create(body: unknown): Promise<ShownProxy> {
    const settings = settingsOf(body, '')
    if (this.#proxies.has(settings.name)) throw proxyExists()
    return show(await this.#add(settings))
  }

  async update(name: string, body: unknown): Promise<ShownProxy> {
    const before = this.#get(name)
    const fields = objectOf(body)
    const { listen, upstream, enabled } = settingsOf({ ...showAddresses(before), ...fields, name, toxics: [] }, '')
    const moved = !isSame(before.listen, listen) || !isSame(before.upstream, upstream)
    const stopped = moved || !enabled ? await this.#stop(before) : before
    const changed = this.#set({ ...stopped, listen, upstream })
    return show(enabled ? await this.#start(changed) : changed)
  }

  async remove(name: string): Promise<void> {
    await this.#stop(this.#get(name))
    this.#proxies.delete(name)
  }

  /** Makes all these proxies, or none where one of them is wrong; one that is there with the same addresses stays. */
  async populate(body: unknown): Promise<ShownProxy[]> {
    if (!Array.isArray(body)) throw badBody(`found ${found(body)}, allowed: a list of proxies`)
    const all = body.map((one: unknown, index) => settingsOf(one, ` at proxy ${index + 1}`))
    const twice = all.find(({ name }, index) => all.some((other, at) => at < index && other.name === name))
    if (twice) throw badBody(`duplicate proxy name ${JSON.stringify(twice.name)}`)
    for (const { enabled, listen, upstream } of all) if (enabled) await this.#resolve(listen, upstream)
    const shown: ShownProxy[] = []
    for (const settings of all) shown.push(show(await this.#addOrReplace(settings)))
    return shown
  }

  /** Enables all proxies and removes all toxics. */
  async reset(): Promise<void> {
    for (const proxy of this.#proxies.values()) {
      await this.#start(proxy)
      await this.#setToxics(this.#get(proxy.name), [])
    }
  }

  toxics(name: string): readonly Toxic[] {
    return show(this.#get(name)).toxics
  }

  toxic(name: string, toxic: string): Toxic {
    const one = this.#get(name).toxics.find((other) => other.name === toxic)
    if (!one) throw toxicNotFound()
    return one
  }

  async addToxic(name: string, body: unknown): Promise<Toxic> {
    const proxy = this.#get(name)
    const toxic = createToxic(body)
    if (proxy.toxics.some((other) => other.name === toxic.name)) throw toxicExists()
    await this.#setToxics(proxy, [...proxy.toxics, toxic])
    return toxic
  }

  async updateToxic(name: string, toxicName: string, body: unknown): Promise<Toxic> {
    const toxic = updateToxic(this.toxic(name, toxicName), body)
    const proxy = this.#get(name)
    await this.#setToxics(
      proxy,
      proxy.toxics.map((other) => (other.name === toxicName ? toxic : other)),
    )
    return toxic
  }

  async removeToxic(name: string, toxicName: string): Promise<void> {
    const { name: gone } = this.toxic(name, toxicName)
    const proxy = this.#get(name)
    await this.#setToxics(
      proxy,
      proxy.toxics.filter((other) => other.name !== gone),
    )
  }

  #get(name: string): Proxy {
    const proxy = this.#proxies.get(name)
    if (!proxy) throw proxyNotFound()
    return proxy
  }

  #set(proxy: Proxy): Proxy {
    this.#proxies.set(proxy.name, proxy)
    return proxy
  }

  async #add({ enabled, toxics, ...settings }: ProxySettings): Promise<Proxy> {
    const proxy = { ...settings, toxics: toxics ?? [], enabled: false, layers: [], opened: 0 }
    // One that cannot be opened is not kept.
    return enabled ? this.#start(proxy) : this.#set(proxy)
  }

  async #addOrReplace(settings: ProxySettings): Promise<Proxy> {
    const before = this.#proxies.get(settings.name)
    if (!before) return this.#add(settings)
    if (!isSame(before.listen, settings.listen) || !isSame(before.upstream, settings.upstream)) {
      await this.#stop(before)
      return this.#add(settings)
    }
    const proxy = settings.toxics ? await this.#setToxics(before, settings.toxics) : before
    return settings.enabled ? this.#start(proxy) : this.#stop(proxy)
  }

  async #start(proxy: Proxy): Promise<Proxy> {
    if (proxy.enabled) return proxy
    const { relay, clock } = this.#options
    const { name: arm, upstream } = proxy
    const host = await this.#resolve(proxy.listen, upstream)
    const listen = { host, port: proxy.listen.port }
    await asApiFailure(relay.open({ arm, transport: 'tcp', upstream, listen, layers: layersOf(proxy) }))
    relay.setSlice(arm, proxy.opened, clock.nowNs())
    const port = relay.ports[arm] ?? listen.port
    return this.#set({ ...proxy, listen: { host, port }, enabled: true, opened: proxy.opened + 1 })
  }

  async #stop(proxy: Proxy): Promise<Proxy> {
    if (!proxy.enabled) return proxy
    await this.#options.relay.close(proxy.name)
    return this.#set({ ...proxy, enabled: false })
  }

  async #setToxics(proxy: Proxy, toxics: readonly Toxic[]): Promise<Proxy> {
    const changed = { ...proxy, toxics }
    if (proxy.enabled) await this.#options.relay.setLayers(proxy.name, layersOf(changed))
    return this.#set(changed)
  }

  /** The address to listen on, once both addresses may be used. */
  async #resolve(listen: Endpoint, upstream: Endpoint): Promise<string> {
    const { allowedHosts } = this.#options
    const address = await asApiFailure(resolveAllowed(listen.host, []))
    if (!isLoopback(address)) throw badBody(`listen: found ${listen.host}, allowed: an address of loopback`)
    await asApiFailure(resolveAllowed(upstream.host, allowedHosts))
    return address
  }
}

function layersOf({ layers, toxics }: Proxy): readonly Layer[] {
  return [...layers, ...toxics.map(layerOf)]
}

function show(proxy: Proxy): ShownProxy {
  const { name, enabled, toxics } = proxy
  // Toxiproxy tells those of the way up first.
  const sorted = ['upstream', 'downstream'].flatMap((stream) => toxics.filter((toxic) => toxic.stream === stream))
  return { name, ...showAddresses(proxy), enabled, toxics: sorted }
}

function showAddresses({ listen, upstream, enabled }: Proxy): Omit<ShownProxy, 'name' | 'toxics'> {
  return { listen: formatAddress(listen), upstream: formatAddress(upstream), enabled }
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port
}

function objectOf(body: unknown): JsonObject {
  if (isRecord(body)) return body
  throw badBody(`found ${found(body)}, allowed: a proxy`)
}

/** `where` says which of several proxies is meant. */
function settingsOf(body: unknown, where: string): ProxySettings {
  const { name, listen = ':0', upstream, enabled, toxics } = objectOf(body)
  if (name === undefined || name === '') throw missingField(`name${where}`)
  if (typeof name !== 'string') throw badBody(`name${where}: found ${found(name)}, allowed: text`)
  if (upstream === undefined || upstream === '') throw missingField(`upstream${where}`)
  const on = enabled ?? true
  if (typeof on !== 'boolean') throw badBody(`enabled${where}: found ${found(enabled)}, allowed: true or false`)
  return {
    name,
    listen: parseAddress(`listen${where}`, listen === '' ? ':0' : listen),
    upstream: parseAddress(`upstream${where}`, upstream),
    enabled: on,
    toxics: toxicsOf(toxics, where),
  }
}

function toxicsOf(raw: unknown, where: string): readonly Toxic[] | null {
  if (raw === undefined || raw === null) return null
  if (!Array.isArray(raw)) throw badBody(`toxics${where}: found ${found(raw)}, allowed: a list`)
  const toxics = raw.map(createToxic)
  if (new Set(toxics.map(({ name }) => name)).size < toxics.length) throw toxicExists()
  return toxics
}

/** What may not be done is the asker's, what cannot be done is ours: a port that is taken, a name without an address. */
async function asApiFailure<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    throw new ApiFailure(error.message, error.exit === 'usage' ? 400 : 500)
  }
}
