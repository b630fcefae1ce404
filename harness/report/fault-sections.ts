import type { Result } from '../archive/result.ts'
import type { PlacedArm } from '../compare/arms.ts'
import { duration, percent, shortNumber } from './format.ts'
import { armLines, type Section } from './section.ts'

/** What faults did beyond the table of arms, and how the target was while steps put them in force. */
export function faultSections(result: Result): Section[] {
  return [
    windowsSection(result),
    { title: 'rules', lines: armLines(result, ruleLines) },
    { title: 'counted by faults', lines: armLines(result, counterLines) },
    { title: 'delays of the relay', lines: armLines(result, delayLines) },
  ]
}

/** Windows that saw a fault come or go, or what it leaves behind, are in none of the groups. */
function windowsSection({ windowGroups = [] }: Result): Section {
  return {
    title: 'stress under steps, windows that were under the same from beginning to end',
    lines: windowGroups.length > 0 ? ['p50 and p99 are of the operations that succeeded'] : [],
    table: {
      head: ['under', 'windows', 'time', 'ok/s', 'p50 ms', 'p99 ms', 'errors'],
      rows: windowGroups.map(({ phase, faults, windows, durationMs, ok, failed, perSecond, okLatencyMs }) => [
        `${phase}, ${faults.length === 0 ? 'no fault' : faults.join(' and ')}`,
        shortNumber(windows),
        duration(durationMs),
        ...[perSecond, okLatencyMs.p50, okLatencyMs.p99].map(shortNumber),
        percent(ok + failed === 0 ? null : failed / (ok + failed)),
      ]),
      numeric: [1, 2, 3, 4, 5, 6],
    },
  }
}

/** The only rule of an arm is what the table tells of it. */
function ruleLines({ arm: { rules } }: PlacedArm): string[] {
  const entries = Object.entries(rules)
  if (entries.length < 2) return []
  return entries.map(([name, { connections, matched, tallies }]) => {
    const fired = Object.entries(tallies).map(([fault, tally]) => `${fault} ${tally.fired}/${tally.eligible}`)
    const on = connections === 0 ? '' : ` on ${shortNumber(connections)} connections`
    return `${name} acted for ${shortNumber(matched)} exchanges${on}${fired.length > 0 ? `: ${fired.join(', ')}` : ''}`
  })
}

function counterLines({ arm: { faultCounters } }: PlacedArm): string[] {
  const counted = Object.entries(faultCounters).filter(([, count]) => count !== 0)
  return counted.length === 0 ? [] : [counted.map(([name, count]) => `${name} ${shortNumber(count)}`).join(', ')]
}

function delayLines({ arm: { askedDelayMs, injectedDelayMs, injectedDelayErrorMs } }: PlacedArm): string[] {
  if (askedDelayMs === null || injectedDelayMs === null || injectedDelayErrorMs === null) return []
  const [asked, added, late] = [askedDelayMs, injectedDelayMs, injectedDelayErrorMs].map(
    ({ p50, p99 }) => `p50 ${shortNumber(p50)}, p99 ${shortNumber(p99)}`,
  )
  return [`asked ${asked} ms; added ${added} ms; later than asked by ${late} ms`]
}
