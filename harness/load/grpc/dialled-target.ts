import { type ChannelOptions, experimental } from '@grpc/grpc-js'
import type { DialPlace } from '../../faults/dialer.ts'

/** Of targets whose connections go through a dialler: grpc-js makes the sockets itself, with the options of an address. */
const scheme = 'soakrig'
const placeOption = 'soakrig.place'

type Listener = ConstructorParameters<Parameters<typeof experimental.registerResolver>[1]>[1]

/** Gives the one address of a target: the place as the dialler has made it, which is more than a host and a port. */
class PlaceResolver implements experimental.Resolver {
  readonly #listener: Listener
  readonly #place: DialPlace
  /** It never changes, so that once is enough. */
  #told = false

  constructor(_target: unknown, listener: Listener, options: ChannelOptions) {
    this.#listener = listener
    this.#place = options[placeOption] as DialPlace
  }

  static getDefaultAuthority({ path }: experimental.GrpcUri): string {
    return path
  }

  updateResolution(): void {
    if (this.#told) return
    this.#told = true
    queueMicrotask(() => {
      if (this.#told) this.#listener(experimental.statusOrFromValue([{ addresses: [this.#place] }]), {}, null, '')
    })
  }

  destroy(): void {
    this.#told = false
  }
}

/** The target of a channel whose connections go through a dialler, and the options that it takes. */
export function dialledTarget(place: DialPlace): { readonly target: string; readonly options: ChannelOptions } {
  experimental.registerResolver(scheme, PlaceResolver)
  return { target: `${scheme}:${place.host}:${place.port}`, options: { [placeOption]: place } }
}
