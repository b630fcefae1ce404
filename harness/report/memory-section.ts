import type { ResultMemory, ResultMemoryKind } from '../archive/memory.ts'
import type { Growth } from '../judge/memory/live.ts'
import type { Result } from '../archive/result.ts'
import { duration, nothing, shortNumber } from './format.ts'
import type { Section } from './section.ts'

const names: Readonly<Record<ResultMemoryKind['kind'], string>> = {
  rss: 'RSS, KiB',
  heap: 'heap, KiB',
  fds: 'open files',
  threads: 'threads',
}

/** Whether the target leaks; of a run that was too short to tell, one line that says so. */
export function memorySection({ memory }: Result): Section {
  const title = 'does the target leak: its growth under sustained load'
  if (!memory) return { title, lines: [] }
  if (memory.notJudged !== null) return { title, lines: [`not judged: ${memory.notJudged}`] }
  return {
    title,
    lines: linesOf(memory),
    table: {
      head: ['', 'verdict', 'per minute', '95 %', 'allowed', 'per request', 'warm-up', 'peak'],
      rows: memory.kinds.map((kind) => [
        names[kind.kind],
        kind.verdict,
        shortNumber(kind.slopePerMin),
        kind.interval === null ? nothing : kind.interval.map(shortNumber).join(' to '),
        shortNumber(kind.bound),
        perRequest(kind),
        duration(kind.cutSeconds * 1000),
        shortNumber(kind.peak),
      ]),
      numeric: [2, 3, 4, 5, 6, 7],
    },
  }
}

const growthTexts: Readonly<Record<Growth, string>> = {
  heap: 'what grows is what the program holds on to: its heap after a forced collection',
  outside: 'what grows lies outside of the heap: native memory, or an allocator that does not give back',
}

function linesOf(memory: ResultMemory): string[] {
  const { fromMs, toMs, requests, restarts, calibration, heap, kinds } = memory
  const again = restarts > 0 ? `, since it was started again (${restarts} times)` : ''
  const bounds = calibration === null ? 'uncalibrated, the standard bounds hold' : `bounds of ${calibration}`
  return [
    `${duration((toMs ?? 0) - (fromMs ?? 0))}, ${shortNumber(requests)} requests${again}; ${bounds}`,
    ...kinds
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ kind, verdict, reason }) => `${kind} ${verdict}: ${reason}`),
    ...(heap?.growth ? [growthTexts[heap.growth]] : []),
    ...(heap?.missing ? [`heap not judged: ${heap.missing}`] : []),
  ]
}

/** Of memory, in bytes: what is kept of a single request is a small part of a KiB. */
function perRequest({ kind, slopePerRequest }: ResultMemoryKind): string {
  if (slopePerRequest === null) return nothing
  return kind === 'rss' || kind === 'heap' ? `${shortNumber(slopePerRequest * 1024)} B` : shortNumber(slopePerRequest)
}
