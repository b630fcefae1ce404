/** What a folder of `harness/` may import besides itself and `kernel`. */
export interface Room {
  /** Rooms it may use, or single files of a room (`faults/dialer.ts`). */
  readonly may: readonly string[]
  /** Rooms of which it may use types only. */
  readonly types?: readonly string[]
}

const room = (...may: string[]): Room => ({ may })

const inner: Readonly<Record<string, Room>> = {
  kernel: room(),
  measure: room(),
  faults: room('measure'),
  resilience: room('measure'),
  target: room('measure'),
  workload: room(),
  profile: room('faults', 'resilience', 'target', 'workload', 'measure/load-series.ts'),
  plan: room('profile', 'faults', 'resilience', 'measure', 'workload'),
  load: room('plan', 'measure', 'resilience', 'workload', 'faults/dialer.ts'),
  run: room('plan', 'load', 'faults', 'resilience', 'target', 'measure', 'workload'),
  judge: room('profile', 'plan', 'faults', 'resilience', 'measure', 'workload'),
  archive: { may: ['measure'], types: ['plan', 'judge'] },
  compare: room('archive', 'judge', 'measure'),
  simulate: room('plan', 'run', 'resilience', 'faults', 'measure', 'workload', 'target/builtin/service-queue.ts'),
  cluster: room('run', 'measure'),
}

/** The layer table: one row per folder of `harness/`; the import rules of lint are generated from it. */
export const rooms: Readonly<Record<string, Room>> = {
  ...inner,
  report: room('archive', 'compare', 'judge', 'measure'),
  pipeline: room(...Object.keys(inner).filter((name) => name !== 'kernel')),
}

/** What a file may reach beyond its imports: the time, randomness, the process, its end, the terminal, zx and yargs. */
export type Power = 'clock' | 'chance' | 'process' | 'exit' | 'print' | 'command'

/** The powers of the rooms that have any; `entry` is what a file named `process.ts` has besides those of its room. */
export const powers: Readonly<Record<string, readonly Power[]>> = {
  kernel: ['clock', 'chance', 'process', 'exit'],
  report: ['print', 'process'],
  entry: ['process', 'exit'],
}
