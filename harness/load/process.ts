import { realClock } from '../kernel/clock.ts'
import { isSoakrigError, messageOf } from '../kernel/errors.ts'
import { watchEventLoop } from '../kernel/event-loop.ts'
import { resolveAllowed } from '../kernel/loopback.ts'
import { serveParent } from '../kernel/parent-channel.ts'
import { createRng } from '../kernel/rng.ts'
import { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Shard, ShardCommand, ShardReply } from './protocol.ts'
import { type RunningSlice, startSlice } from './slice.ts'

/** A load worker's process: worker i of N, told to run one slice after the other. */
const wheel = new TimerWheel(realClock)
const eventLoop = watchEventLoop()
let shard: Shard = { index: 0, count: 1 }
let rng = createRng(0)
let allowedHosts: readonly string[] = []
let running: RunningSlice | undefined

const channel = serveParent<ShardCommand, ShardReply>(
  async (command) => {
    const { id } = command
    if (command.kind === 'open') {
      ;({ shard, allowedHosts } = command)
      rng = createRng(command.seed).fork('load')
      channel.send({ kind: 'done', id })
    } else if (command.kind === 'stop') {
      running?.stop()
      channel.send({ kind: 'done', id })
    } else {
      const address = await resolveAllowed(command.task.host, allowedHosts)
      const emit = (window: Extract<ShardReply, { kind: 'window' }>['window']): void =>
        channel.send({ kind: 'window', window })
      eventLoop.takeP99Ms()
      running = startSlice({ task: command.task, address, shard, clock: realClock, wheel, eventLoop, rng, emit })
      // Not awaited: `stop` must be handled while the slice runs.
      void running.report.then((report) => channel.send({ kind: 'sliced', id, report }))
    }
  },
  (error) => ({ kind: 'failed', code: isSoakrigError(error) ? error.code : 'bug', message: messageOf(error) }),
)
