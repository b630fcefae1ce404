import { isIPv6 } from 'node:net'
import type { OpenDriver } from '../driver.ts'
import { createTlsClient } from '../tls.ts'
import { GrpcChannel } from './channel.ts'
import { ConnectingCredentials } from './credentials.ts'
import { GrpcLane } from './lane.ts'
import { dialledTarget } from './dialled-target.ts'
import { loadDefinitions } from './methods.ts'
import { type PreparedGrpc, prepareGrpc } from './request.ts'

/**
 * gRPC on @grpc/grpc-js: unary and streaming calls of a .proto, on `connections` channels of one connection each, which
 * lanes share by turns. Rejects with `proto` or `tls-settings` (104).
 */
export const openGrpcDriver: OpenDriver<'grpc', PreparedGrpc> = async (context) => {
  const { connection, host, address, port, dialer, counters, connections, clock } = context
  const definitions = await loadDefinitions(connection)
  const settings = connection.tls
  const tls = settings && createTlsClient({ settings, host, alpn: ['h2'], counters })
  const target = isIPv6(address) ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const makeChannel = (): GrpcChannel => {
    const place = dialer?.given({ sni: tls?.serverName ?? null }) ?? null
    const credentials = new ConnectingCredentials(tls, place)
    return new GrpcChannel({ target, ...(place && dialledTarget(place.place)), authority, credentials, clock })
  }
  const channels: GrpcChannel[] = []
  const lanes: GrpcLane[] = []

  return {
    prepare: (request) => prepareGrpc(request, definitions),
    lane: (listener) => {
      const index = lanes.length % connections
      const channel = (channels[index] ??= makeChannel())
      const lane = new GrpcLane(context, channel, listener)
      lanes.push(lane)
      return lane
    },
    close: () => {
      for (const lane of lanes) lane.close()
      for (const channel of channels) channel.close()
    },
  }
}
