import type { ResultMemory, ResultMemoryKind } from '../archive/memory.ts'
import type { Result } from '../archive/result.ts'
import { duration, nothing, shortNumber } from './format.ts'
import type { Section } from './section.ts'

const names: Readonly<Record<ResultMemoryKind['kind'], string>> = {
  rss: 'RSS, KiB',
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

function linesOf({ fromMs, toMs, requests, restarts, calibration, kinds }: ResultMemory): string[] {
  const again = restarts > 0 ? `, since it was started again (${restarts} times)` : ''
  const bounds = calibration === null ? 'uncalibrated, the standard bounds hold' : `bounds of ${calibration}`
  return [
    `${duration((toMs ?? 0) - (fromMs ?? 0))}, ${shortNumber(requests)} requests${again}; ${bounds}`,
    ...kinds
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ kind, verdict, reason }) => `${kind} ${verdict}: ${reason}`),
  ]
}

/** Of memory, in bytes: what is kept of a single request is a small part of a KiB. */
function perRequest({ kind, slopePerRequest }: ResultMemoryKind): string {
  if (slopePerRequest === null) return nothing
  return kind === 'rss' ? `${shortNumber(slopePerRequest * 1024)} B` : shortNumber(slopePerRequest)
}
