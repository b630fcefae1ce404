import type { ProtocolName, Protocols, Workload } from '../workload/workload.ts'
import type { Driver, DriverContext, OpenDriver, Prepared } from './driver.ts'

/** Loads the code of one protocol; none of it is needed for the others. */
type Loaders = {
  readonly [Name in ProtocolName]: (connection: Protocols[Name]['connection']) => Promise<OpenDriver<Name, Prepared>>
}

const loaders: Loaders = {
  http: async ({ version }) =>
    (version === '2'
      ? (await import('./http2/driver.ts')).openHttp2Driver
      : (await import('./http1/driver.ts')).openHttp1Driver) as OpenDriver<'http', Prepared>,
  websocket: async () =>
    (await import('./websocket/driver.ts')).openWebSocketDriver as OpenDriver<'websocket', Prepared>,
  grpc: async (connection) => {
    const [{ openGrpcDriver }, { loadDefinitions }] = await Promise.all([
      import('./grpc/driver.ts'),
      import('./grpc/methods.ts'),
    ])
    await loadDefinitions(connection)
    return openGrpcDriver as OpenDriver<'grpc', Prepared>
  },
  tcp: async () => (await import('./tcp/driver.ts')).openTcpDriver as OpenDriver<'tcp', Prepared>,
  udp: async () => (await import('./udp/driver.ts')).openUdpDriver as OpenDriver<'udp', Prepared>,
}

/** Opens a driver of one protocol, whichever it is. */
export type OpenAnyDriver = (context: DriverContext) => Promise<Driver>

/** Loads the driver for a workload's protocol, so that no slice has to wait for it. */
export async function loadDriver({
  protocol,
  connection,
}: Pick<Workload, 'protocol' | 'connection'>): Promise<OpenAnyDriver> {
  // One protocol's settings go with its own code; the table holds them together.
  const load = loaders[protocol] as (connection: Workload['connection']) => Promise<unknown>
  return (await load(connection)) as OpenAnyDriver
}
