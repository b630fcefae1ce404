import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import type { ProgressEvent } from '../../../harness/measure/progress.ts'
import { afterEvent, finishedStageLine, liveLines, nothingYet } from '../../../harness/report/live-text.ts'
import { createLiveView, type LiveOptions } from '../../../harness/report/live.ts'

const stage = (name: string): ProgressEvent => ({ kind: 'stage', stage: name, detail: '', expectedMs: 4000 })
const arm: ProgressEvent = {
  kind: 'arm',
  phase: 'baseline',
  arm: 'baseline-direct',
  okPerSecond: 20_000,
  p50Ms: 0.2,
  p99Ms: 0.3,
  failed: 0,
  dropped: 0,
}
const window: ProgressEvent = {
  kind: 'window',
  phase: 'stress',
  okPerSecond: 19_000,
  failed: 2,
  p50Ms: 0.25,
  memoryKb: 71_680,
}

async function shown(options: Partial<LiveOptions>): Promise<string> {
  const stream = new PassThrough()
  const clock = createVirtualClock()
  const view = await createLiveView({ stream, enabled: true, color: false, clock, ...options })
  view.update(stage('baseline'))
  await clock.advance(2e9)
  view.update(arm)
  view.update({ kind: 'note', text: 'relay restarted' })
  view.update(stage('stress'))
  await clock.advance(1.5e9)
  view.update(window)
  view.done()
  return String(stream.read() ?? '')
}

test('without a terminal each finished stage is one line, and notes are told', async () => {
  expect(await shown({ interactive: false })).toBe(
    'relay restarted\nbaseline: 2s, 20,000 ok/s, 0 failed\nstress: 1.5s\n',
  )
})

test('without a terminal the many slices of one life are one line together', async () => {
  const stream = new PassThrough()
  const clock = createVirtualClock()
  const view = await createLiveView({ stream, enabled: true, color: false, clock, interactive: false })
  for (const part of ['round 1 of at most 24, target 1', 'round 2 of at most 24, target 2']) {
    for (const name of ['start', 'baseline/baseline-direct', 'baseline/control-direct']) {
      view.update({ ...stage(name), part } as ProgressEvent)
      await clock.advance(2e9)
      if (name !== 'start') view.update(arm)
    }
  }
  view.update(stage('stress long'))
  await clock.advance(1e9)
  view.done()
  expect(String(stream.read())).toBe(
    'round 1 of at most 24, target 1: 6s, 2 slices\nround 2 of at most 24, target 2: 6s, 2 slices\nstress long: 1s\n',
  )
})

test('what a run may take at most is said to be that', async () => {
  expect(await shown({ interactive: true, expectedMs: 10_000, atMost: true })).toContain(
    'run: 3.5s of at most about 10s',
  )
})

test('on a terminal the stage, its window and the finished arms are written over', async () => {
  const text = await shown({ interactive: true, expectedMs: 10_000 })
  expect(text).toContain('  done baseline baseline-direct: 20,000 ok/s, p50 0.2ms, p99 0.3ms, 0 failed')
  expect(text).toContain('stress: 1.5s of about 4s')
  expect(text).toContain('  stress: 19,000 ok/s, p50 0.25ms, 2 failed, target 70 MiB')
  expect(text).toContain('run: 3.5s of about 10s')
  expect(text).toContain('relay restarted')
})

test('iterations that a schedule had to drop are told with the arm, and with its stage', () => {
  const state = afterEvent(afterEvent(nothingYet, stage('load'), 0), { ...arm, dropped: 12 }, 1e9)
  expect(liveLines(state, { sinceNs: 0, expectedMs: null }, 2e9)[0]).toBe(
    '  done baseline baseline-direct: 20,000 ok/s, p50 0.2ms, p99 0.3ms, 0 failed, 12 dropped',
  )
  expect(finishedStageLine(state, 2e9)).toBe('load: 2s, 20,000 ok/s, 0 failed, 12 dropped')
})

test('a quiet view shows nothing', async () => {
  expect(await shown({ enabled: false })).toBe('')
})
