import { listResults } from '../archive/list.ts'
import { readResult } from '../archive/read.ts'
import { type History, historyOf, type HistoryWish } from '../compare/history.ts'
import { type Night, nightOf } from '../compare/history/night.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'

/** Which history is asked for, and where results are. */
export interface HistoryOptions extends HistoryWish {
  readonly resultsDir: string
}

/**
 * The history of the results of a profile and mode that have the same stages, settings and host as the newest usable one.
 * One result is held at a time. Rejects with `no-history` (112) where none can be used, or `bad-flag` (104).
 */
export async function findHistory({ resultsDir, ...wish }: HistoryOptions): Promise<History> {
  if (wish.since !== null && !isDate(wish.since))
    throw new SoakrigError(
      `--since: found ${JSON.stringify(wish.since)}, allowed: a date as 2026-01-31 or a time in ISO 8601`,
      {
        code: 'bad-flag',
        exit: 'usage',
      },
    )
  const listed = (await listResults(resultsDir, wish.profile)).filter(({ mode }) => mode === wish.mode)
  const nights: Night[] = []
  const leftOut: { readonly file: string; readonly why: string }[] = []
  for (const { file } of listed) {
    const night = await nightIn(file, nights[0])
    if ('why' in night) leftOut.push({ file, why: night.why })
    else nights.push(night)
  }
  if (nights.length === 0) throw noHistory(wish, leftOut)
  return historyOf(wish, nights.toReversed(), leftOut.toReversed())
}

const iso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/u

/** Others are read as well by JavaScript: 1 would be a day in 2001. */
function isDate(text: string): boolean {
  return iso.test(text) && !Number.isNaN(Date.parse(text))
}

const mostNamed = 10

/** What a file tells of the history that the newest result began, or why it does not. */
async function nightIn(file: string, newest: Night | undefined): Promise<Night | { readonly why: string }> {
  const read = await readResult(file).catch((error: unknown) => ({ why: messageOf(error) }))
  const night = 'why' in read ? read : nightOf(read.result, file)
  if ('why' in night || newest === undefined || night.family === newest.family) return night
  return { why: 'other stages, settings or host than the newest' }
}

function noHistory({ profile, mode }: HistoryWish, leftOut: History['leftOut']): SoakrigError {
  return new SoakrigError(`there is no ${mode} result of ${profile} that has a history`, {
    code: 'no-history',
    exit: 'nothingToCompare',
    problems: leftOut.slice(0, mostNamed).map(({ file, why }) => ({ where: file, message: why })),
    hint: 'Name the profile as its directory in the results is named, its --mode, and where the --results are.',
  })
}
