import { Channel, type ChannelOptions, connectivityState, type Metadata } from '@grpc/grpc-js'
import type { Clock } from '../../kernel/clock.ts'
import type { ConnectingCredentials } from './credentials.ts'

export type Call = ReturnType<Channel['createCall']>
export type CallListener = Parameters<Call['start']>[1]

const fixedOptions: ChannelOptions = {
  // A connection of its own for each channel, and no other host than the one that was checked.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  // What is repeated, repeats the client policy.
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc-node.flow_control_window': 2 ** 20,
}

/** The attempt for which a connection is made. */
export interface ChannelOwner {
  connected(nowNs: number): void
}

export interface GrpcChannelOptions {
  /** An address and a port, or what a dialler makes of it. */
  readonly target: string
  /** What is told to the server. */
  readonly authority: string
  /** The channel's own. */
  readonly credentials: ConnectingCredentials
  readonly clock: Clock
  readonly options?: ChannelOptions
}

/** One connection, made and made again by grpc-js. */
export class GrpcChannel {
  readonly #channel: Channel
  readonly #credentials: ConnectingCredentials
  readonly #clock: Clock
  #owner: ChannelOwner | null = null

  constructor({ target, authority, credentials, clock, options }: GrpcChannelOptions) {
    this.#credentials = credentials
    this.#channel = new Channel(target, credentials, {
      ...fixedOptions,
      ...options,
      'grpc.default_authority': authority,
    })
    this.#clock = clock
  }

  /** Begins a call; when that makes a connection, `owner` is told. */
  start(path: string, metadata: Metadata, deadlineMs: number, listener: CallListener, owner: ChannelOwner): Call {
    const call = this.#channel.createCall(path, deadlineMs, null, null, null)
    const { READY } = connectivityState
    const makes = this.#owner === null && this.#channel.getConnectivityState(false) !== READY
    if (makes) this.#owner = owner
    call.start(metadata, listener)
    if (makes) this.#watch()
    return call
  }

  /** Tells this one nothing more. */
  forget(owner: ChannelOwner): void {
    if (this.#owner === owner) this.#owner = null
  }

  /** A call has had no answer in time: a connection that is still being made is given up, and the next call makes another. */
  timedOut(): void {
    if (this.#channel.getConnectivityState(false) === connectivityState.CONNECTING) this.#credentials.giveUp()
  }

  close(): void {
    this.#owner = null
    this.#channel.close()
    this.#credentials.close()
  }

  #watch(): void {
    const state = this.#channel.getConnectivityState(false)
    if (state === connectivityState.READY) {
      const owner = this.#owner
      this.#owner = null
      owner?.connected(this.#clock.nowNs())
    } else if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) this.#owner = null
    else this.#channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.#watch())
  }
}
