import type { ProgressEvent } from '../measure/progress.ts'
import { duration, nothing, shortNumber } from './format.ts'

type EventOf<Kind extends ProgressEvent['kind']> = Extract<ProgressEvent, { readonly kind: Kind }>

/** What a live view shows; `nowNs` is of one clock throughout. */
export interface LiveState {
  readonly stage: (EventOf<'stage'> & { readonly sinceNs: number }) | null
  readonly window: EventOf<'window'> | null
  /** The last of them only: a run may have hundreds of slices. */
  readonly arms: readonly EventOf<'arm'>[]
  /** The last arm of this stage. */
  readonly arm: EventOf<'arm'> | null
}

const mostArms = 12

export const nothingYet: LiveState = { stage: null, window: null, arms: [], arm: null }

/** The state after an event; notes leave it as it is. */
export function afterEvent(state: LiveState, event: ProgressEvent, nowNs: number): LiveState {
  switch (event.kind) {
    case 'stage':
      return { stage: { ...event, sinceNs: nowNs }, window: null, arms: state.arms, arm: null }
    case 'window':
      return { ...state, window: event }
    case 'arm':
      return { ...state, arms: [...state.arms, event].slice(-mostArms), arm: event }
    case 'note':
      return state
  }
}

/** The whole run: since when, and how long it should take in ms, where that is known. */
export interface LiveRun {
  readonly sinceNs: number
  readonly expectedMs: number | null
  /** Whether it may well be over before. */
  readonly atMost?: boolean
}

/** The live view as lines: finished arms, the stage, the last window, the whole run. */
export function liveLines({ stage, window, arms }: LiveState, run: LiveRun, nowNs: number): string[] {
  return [
    ...arms.map(armLine),
    ...(stage === null ? [] : [stageLine(stage, nowNs)]),
    ...(window === null ? [] : [windowLine(window)]),
    `run: ${progress(run, nowNs)}`,
  ]
}

function progress({ sinceNs, expectedMs, atMost = false }: LiveRun, nowNs: number): string {
  const of = expectedMs === null ? '' : ` of ${atMost ? 'at most about' : 'about'} ${duration(expectedMs)}`
  return duration((nowNs - sinceNs) / 1e6) + of
}

/** A stage that is over, in one line, with the figures of the arm that it measured. */
export function finishedStageLine({ stage, arm }: LiveState, nowNs: number): string | null {
  if (stage === null) return null
  const figures = arm === null ? '' : `, ${shortNumber(arm.okPerSecond)} ok/s, ${endings(arm)}`
  return `${titleOf(stage)}: ${duration((nowNs - stage.sinceNs) / 1e6)}${figures}`
}

/** Stages of one part in one line, where each of its own would be hundreds. */
export function finishedPartLine({ part, slices, sinceNs }: LivePart, nowNs: number): string {
  return `${part}: ${duration((nowNs - sinceNs) / 1e6)}, ${slices} slices`
}

/** A part that goes on: since when, and the slices that are done. */
export interface LivePart {
  readonly part: string
  readonly sinceNs: number
  readonly slices: number
}

function titleOf({ stage, detail }: EventOf<'stage'>): string {
  return detail === '' ? stage : `${stage} (${detail})`
}

function stageLine(stage: NonNullable<LiveState['stage']>, nowNs: number): string {
  return `${titleOf(stage)}: ${progress(stage, nowNs)}`
}

function windowLine({ phase, okPerSecond, failed, p50Ms, memoryKb }: EventOf<'window'>): string {
  const memory = memoryKb === null ? '' : `, target ${shortNumber(memoryKb / 1024)} MiB`
  return `  ${phase}: ${shortNumber(okPerSecond)} ok/s, p50 ${inMs(p50Ms)}, ${failed} failed${memory}`
}

function armLine({ phase, arm, okPerSecond, p50Ms, p99Ms, ...counts }: EventOf<'arm'>): string {
  return `  done ${phase} ${arm}: ${shortNumber(okPerSecond)} ok/s, p50 ${inMs(p50Ms)}, p99 ${inMs(p99Ms)}, ${endings(counts)}`
}

function endings({ failed, dropped }: Pick<EventOf<'arm'>, 'failed' | 'dropped'>): string {
  return `${failed} failed${dropped > 0 ? `, ${dropped} dropped` : ''}`
}

function inMs(ms: number | null): string {
  return ms === null ? nothing : `${shortNumber(ms)}ms`
}
