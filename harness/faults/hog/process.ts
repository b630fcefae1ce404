import { realClock } from '../../kernel/clock.ts'
import { reportOf } from '../../kernel/failure-report.ts'
import { serveParent } from '../../kernel/parent-channel.ts'
import { burn } from './burn.ts'
import type { HogCommand, HogReply } from './protocol.ts'

/** A process that burns CPU until its channel is lost. */
serveParent<HogCommand, HogReply>(
  ({ id, share }, channel) => {
    channel.send({ kind: 'burning', id })
    return burn(share, realClock)
  },
  (error) => ({ kind: 'failed', ...reportOf(error) }),
)
