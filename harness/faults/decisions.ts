/** What chance decides on one connection (of datagrams: session; of a resolver: query). */
export interface ConnectionDecisions {
  /**
   * The value of the next decision at a site, `layer/rule/direction/fault`, of which a connection has any number. It is
   * what `draw` returns, and is logged where a log is kept; in a replay it is the logged one, and `draw` is not called.
   * Never throws, whatever the log says.
   */
  decide(site: string, kind: string, draw: () => number): number
}

/** All decisions of a relay: drawn, and with it recorded, or replayed. */
export interface Decisions {
  /** Those of one connection: the `ordinal`-th that was accepted by an arm in a slice. Together they name it once in a log. */
  connection(arm: string, slice: number, ordinal: number): ConnectionDecisions
}

const drawn: ConnectionDecisions = { decide: (_site, _kind, draw) => draw() }

/** Decisions of which no log is kept: each is what it is drawn as. */
export const noDecisions: Decisions = { connection: () => drawn }
