import { expect, test } from 'vitest'
import { findHistory } from '../../../harness/pipeline/history.ts'

const historySince = (since: string): Promise<unknown> =>
  findHistory({ profile: 'none', mode: 'smoke', since, resultsDir: '/nowhere' })

test.each(['1', 'yesterday', '2026', '31.01.2026', '2026-13-01', '2026-01-31T25:00Z', ''])(
  'no history begins at %j',
  async (since) => {
    await expect(historySince(since)).rejects.toMatchObject({ code: 'bad-flag', exitCode: 104 })
  },
)

test.each(['2026-01-31', '2026-01-31T04:00', '2026-01-31T04:00:00.5Z', '2026-01-31T04:00+05:30'])(
  'a history may begin at %s; where there is no result it is none',
  async (since) => {
    await expect(historySince(since)).rejects.toMatchObject({ code: 'no-history', exitCode: 112 })
  },
)
