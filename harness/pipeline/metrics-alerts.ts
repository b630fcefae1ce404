import type { LiveReading } from '../load/live-reading.ts'
import type { ProgressListener } from '../measure/progress.ts'
import { alertText } from '../resilience/health.ts'
import { isOf, type RunTotals } from './metrics-totals.ts'

/**
 * Hears what workers tell: adds it to the totals, and says of alerts that they came and that they are over. Of a breaker
 * whose arm has given way to another one nothing more is known: that its alert is over is not said.
 */
export function hearReadings(totals: RunTotals, onProgress: ProgressListener): (reading: LiveReading) => void {
  return (reading) => {
    const { raised, cleared } = totals.addReading(reading)
    for (const alert of raised) onProgress({ kind: 'note', text: `alert: breaker ${alertText(alert)}` })
    for (const { breaker, kind } of cleared.filter((one) => isOf(reading.arm, one.breaker)))
      onProgress({ kind: 'note', text: `alert over: breaker ${breaker}, ${kind}` })
  }
}
