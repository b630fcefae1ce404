import { watchEventLoop } from '../../kernel/event-loop.ts'
import { reportOf } from '../../kernel/failure-report.ts'
import { serveParent } from '../../kernel/parent-channel.ts'
import { openPreciseClock } from '../../kernel/precise-clock.ts'
import type { RelayCommand, RelayReply } from './protocol.ts'
import { openRelay, type Relay } from './relay.ts'

/** The relay's process: the conductor opens arms, names slices, changes layers and reads counters. */
const clock = openPreciseClock()
const eventLoop = watchEventLoop()
let relay: Relay | undefined

serveParent<RelayCommand, RelayReply>(
  async (command, channel) => channel.send(await answerTo(command)),
  (error) => ({ kind: 'failed', ...reportOf(error) }),
)

async function answerTo(command: RelayCommand): Promise<RelayReply> {
  const { id } = command
  switch (command.kind) {
    case 'open':
      relay = await openRelay({ ...command, clock })
      return { kind: 'opened', id, ports: relay.ports }
    case 'add':
      await relay?.open(command.arm)
      return { kind: 'opened', id, ports: relay?.ports ?? {} }
    case 'drop':
      await relay?.close(command.arm)
      return { kind: 'done', id }
    case 'slice':
      relay?.setSlice(command.arm, command.slice, command.originNs)
      return { kind: 'done', id }
    case 'layers':
      await relay?.setLayers(command.arm, command.layers)
      return { kind: 'done', id }
    case 'read': {
      const arms = relay?.read(command.takeDelaysOf) ?? {}
      return { kind: 'reading', id, reading: { arms, eventLoopDelayP99Ms: eventLoop.takeP99Ms() } }
    }
  }
}
