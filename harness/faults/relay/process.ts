import { watchEventLoop } from '../../kernel/event-loop.ts'
import { reportOf } from '../../kernel/failure-report.ts'
import { serveParent } from '../../kernel/parent-channel.ts'
import { openPreciseClock } from '../../kernel/precise-clock.ts'
import type { RelayCommand, RelayReply } from './protocol.ts'
import { openRelay, type Relay } from './relay.ts'

/** The relay's process: the conductor opens arms, names slices and reads counters. */
const clock = openPreciseClock()
const eventLoop = watchEventLoop()
let relay: Relay | undefined

serveParent<RelayCommand, RelayReply>(
  async (command, channel) => {
    const { id } = command
    if (command.kind === 'open') {
      relay = await openRelay({ ...command, clock })
      channel.send({ kind: 'opened', id, ports: relay.ports })
    } else if (command.kind === 'slice') {
      relay?.setSlice(command.arm, command.slice)
      channel.send({ kind: 'done', id })
    } else {
      const reading = { arms: relay?.read(command.takeDelaysOf) ?? {}, eventLoopDelayP99Ms: eventLoop.takeP99Ms() }
      channel.send({ kind: 'reading', id, reading })
    }
  },
  (error) => ({ kind: 'failed', ...reportOf(error) }),
)
