import { type Clock, realClock } from '../kernel/clock.ts'
import { environment } from '../kernel/host.ts'
import type { ProgressEvent, ProgressListener } from '../measure/progress.ts'
import { colorsOf } from './colors.ts'
import { afterEvent, finishedPartLine, finishedStageLine, type LivePart, liveLines, nothingYet } from './live-text.ts'

/** A stream that may be a terminal. */
export type LiveStream = NodeJS.WritableStream & { readonly isTTY?: boolean }

/** Shows a run while it lasts. */
export interface LiveView {
  /** Hears of progress; needs no `this`. */
  readonly update: ProgressListener
  /** Leaves the last state on the screen and shows the cursor again; call it however the run ends. */
  readonly done: () => void
}

/** Where and how to show a run. */
export interface LiveOptions {
  readonly stream: LiveStream
  /** False shows nothing at all. */
  readonly enabled: boolean
  readonly color: boolean
  /** Whether lines may be written over; by default on a terminal, but not where CI is set. */
  readonly interactive?: boolean
  /** Of the whole run, in ms. */
  readonly expectedMs?: number | null
  /** Whether the run may well be over before. */
  readonly atMost?: boolean
  readonly clock?: Clock
}

/** On a terminal lines that are written over, elsewhere a line for each finished stage, or part of a run of many. */
export async function createLiveView(options: LiveOptions): Promise<LiveView> {
  const { stream, enabled, interactive = stream.isTTY === true && !environment()['CI'], clock = realClock } = options
  if (!enabled) return { update: () => {}, done: () => {} }
  return interactive ? rewritten(options, clock) : lineByLine(stream, clock)
}

async function rewritten(
  { stream, color, expectedMs = null, atMost = false }: LiveOptions,
  clock: Clock,
): Promise<LiveView> {
  // Loaded here: what it loads takes long, and only a person sees it.
  const { createLogUpdate } = await import('log-update')
  const { dim } = colorsOf(color)
  const screen = createLogUpdate(stream)
  const run = { sinceNs: clock.nowNs(), expectedMs, atMost }
  let state = nothingYet
  return {
    update: (event: ProgressEvent) => {
      if (event.kind === 'note') screen.persist(event.text)
      state = afterEvent(state, event, clock.nowNs())
      const lines = liveLines(state, run, clock.nowNs())
      screen(lines.map((line) => (line.startsWith('  done') ? dim(line) : line)).join('\n'))
    },
    done: () => screen.done(),
  }
}

function lineByLine(stream: LiveStream, clock: Clock): LiveView {
  let state = nothingYet
  let current: LivePart | null = null
  const finishStage = (next: string | null): void => {
    const nowNs = clock.nowNs()
    const line = current === null ? finishedStageLine(state, nowNs) : finishedPartLine(current, nowNs)
    if (line !== null && (current === null || next !== current.part)) stream.write(`${line}\n`)
    if (next !== current?.part) current = next === null ? null : { part: next, sinceNs: nowNs, slices: 0 }
  }
  return {
    update: (event: ProgressEvent) => {
      if (event.kind === 'stage') finishStage(event.part ?? null)
      if (event.kind === 'arm' && current !== null) current = { ...current, slices: current.slices + 1 }
      if (event.kind === 'note') stream.write(`${event.text}\n`)
      state = afterEvent(state, event, clock.nowNs())
    },
    done: () => {
      finishStage(null)
      state = nothingYet
    },
  }
}
