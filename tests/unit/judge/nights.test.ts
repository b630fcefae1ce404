import { describe, expect, test } from 'vitest'
import { nightDoubts } from '../../../harness/judge/nights.ts'
import { archivedRun } from '../../support/archived-run.ts'

const nights = [
  { id: 'b', night: '2026-05-02' },
  { id: 'a', night: '2026-05-01' },
]

describe('nights without an answer', () => {
  test('are borne twice', () => {
    expect(nightDoubts([])).toEqual([])
    expect(nightDoubts(nights.slice(1))).toEqual([])
    expect(nightDoubts(nights)).toEqual([
      {
        kind: 'gate-unclear-again',
        detail:
          'no answer for the third night running, after 2026-05-02 (b) and 2026-05-01 (a): the gate needs more rounds, or a quieter machine',
        taints: ['comparisons'],
        effect: 'void',
      },
    ])
  })
})

describe('one round', () => {
  const kinds = (run: Parameters<typeof archivedRun>[0]): readonly string[] =>
    archivedRun(run).doubts.map(({ kind }) => kind)

  test('is no doubt of a run whose gate had more', () => {
    expect(kinds({})).not.toContain('one-round')
    expect(kinds({ run: { gate: null } })).toContain('one-round')
    expect(kinds({ rounds: 1 })).toContain('one-round')
  })
})
