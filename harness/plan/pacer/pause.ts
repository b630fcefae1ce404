import type { Rng } from '../../kernel/rng.ts'
import type { Pause } from '../../workload/workload.ts'
import { drawExponential } from './exponential.ts'

/** The length of one pause, in whole ns. Only a pause that varies takes a number from the generator. */
export function drawPause(pause: Pause, rng: Rng): number {
  switch (pause.kind) {
    case 'none':
      return 0
    case 'fixed':
      return pause.ns
    case 'uniform':
      return Math.round(pause.fromNs + rng.next() * (pause.toNs - pause.fromNs))
    case 'exponential':
      return Math.round(pause.meanNs * drawExponential(rng))
  }
}
