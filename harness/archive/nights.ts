import type { UnclearNight } from '../judge/nights.ts'
import { listResults } from './list.ts'
import { readResult } from './read.ts'

/** Whose nights are asked for. */
interface NightsWish {
  readonly resultsDir: string
  readonly profile: string
  readonly mode: string
  /** Only a run of the same stages has the same gate. */
  readonly kind: string
  /** So many nights are enough. */
  readonly most: number
}

/**
 * The nights before the day of `now` in which the gate of a profile and mode came to no answer, without one between them in
 * which it did; newest first. The last run of a day in UTC that came to its end stands for its night; days
 * without one are no nights. Files that cannot be read are passed over.
 */
export async function unclearNights(
  { resultsDir, profile, mode, kind, most }: NightsWish,
  now: Date,
): Promise<readonly UnclearNight[]> {
  const nights: UnclearNight[] = []
  let last = now.toISOString().slice(0, 10)
  for (const { file, mode: listed, stamp } of await listResults(resultsDir, profile)) {
    const night = `${stamp.slice(0, 4)}-${stamp.slice(4, 6)}-${stamp.slice(6, 8)}`
    if (listed !== mode || night >= last) continue
    const archived = await readResult(file).catch(() => undefined)
    if (!archived) continue
    const { run, gate, sabotage } = archived.result
    if (run.kind !== kind || run.status !== 'completed' || sabotage !== null) continue
    if (gate?.verdict !== 'inconclusive') return nights
    nights.push({ id: run.id, night })
    if (nights.length === most) return nights
    last = night
  }
  return nights
}
