import { extname } from 'node:path'
import { parse } from 'csv-parse/sync'
import { messageOf, type Problem } from '../kernel/errors.ts'
import { found, isRecord, type JsonObject, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema } from '../kernel/json-schema.ts'
import { quoted } from '../kernel/suggest.ts'
import { parseExactly } from './exact-json.ts'
import type { Feed } from './feed.ts'
import { nameProblems } from './names.ts'
import { pathAt, type Place, textAt } from './place.ts'

/** A feed as a profile holds it, after the schema's defaults. */
interface RawFeed {
  readonly file: string
  readonly order: Feed['order']
}

/** The rows of a file, or the sentence that says why there are none. */
type Rows = { readonly columns: readonly string[]; readonly rows: Feed['rows'] } | { readonly problem: string }

/** Schema of `feeds`. */
export const feedsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: objectSchema(
    {
      file: {
        type: 'string',
        minLength: 1,
        description: 'A .csv file with a header, or a .json file with a list of flat objects; relative to the profile',
      },
      order: {
        enum: ['sequential', 'random', 'unique'],
        default: 'sequential',
        description: 'sequential begins again after the last row, unique ends the load there',
      },
    },
    { required: ['file'] },
  ),
  default: {},
  description: 'Rows from files, one for each iteration, by name: {{name.column}} in a message',
}

/** What the schema cannot say of `feeds` at a pointer: names and files. */
export function feedProblems(
  raw: JsonObject,
  where: string,
  sound: (below: string) => boolean,
  place: Place,
): Problem[] {
  return Object.entries(raw).flatMap(([name, feed]) => {
    const pointer = where + step(name)
    if (!sound(step(name))) return nameProblems(name, pointer)
    const read = rowsAt(place, (feed as RawFeed).file)
    const message = 'problem' in read ? [{ where: `${pointer}/file`, message: read.problem }] : []
    return [...nameProblems(name, pointer), ...message]
  })
}

/** The columns of a feed; null where it could not be read. */
export function columnsOf(feed: unknown, place: Place): readonly string[] | null {
  const file = isRecord(feed) ? feed['file'] : undefined
  const read = typeof file === 'string' ? rowsAt(place, file) : undefined
  return read && 'columns' in read ? read.columns : null
}

/** Reads feeds that have no problems. */
export function parseFeeds(raw: JsonObject, place: Place): Feed[] {
  return Object.entries(raw).map(([name, feed]) => {
    const { file, order } = feed as RawFeed
    const read = rowsAt(place, file)
    return { name, order, rows: 'rows' in read ? read.rows : [] }
  })
}

/** What was read at a place: problems and rows come from one reading of each file. */
const read = new WeakMap<Place, Map<string, Rows>>()

function rowsAt(place: Place, file: string): Rows {
  const known = read.get(place) ?? new Map<string, Rows>()
  read.set(place, known)
  const path = pathAt(place, file)
  const rows = known.get(path) ?? readRows(place, file)
  known.set(path, rows)
  return rows
}

function readRows(place: Place, file: string): Rows {
  const reader = { '.csv': csvRows, '.json': jsonRows }[extname(file).toLowerCase()]
  if (!reader) return { problem: `found ${found(file)}, allowed: a file that ends in .csv or .json` }
  const content = textAt(place, file)
  if ('problem' in content) return content
  const rows = reader(content.text)
  if ('problem' in rows) return { problem: `found ${found(file)}, ${rows.problem}` }
  return rows.rows.length > 0 ? rows : { problem: `found ${found(file)}, allowed: a file with at least one row` }
}

/** RFC 4180; the first record names the columns. */
function csvRows(text: string): Rows {
  const records = csvRecords(text)
  if (!Array.isArray(records)) return records
  const [columns = [], ...rest] = records
  const repeated = columns.find((name, index) => name === '' || columns.indexOf(name) !== index)
  if (repeated !== undefined) {
    const what = repeated === '' ? 'a column without a name' : `the column ${found(repeated)} twice`
    return { problem: `which has ${what}, allowed: a header of names that differ` }
  }
  const uneven = rest.findIndex((record) => record.length !== columns.length)
  if (uneven >= 0) {
    const count = rest[uneven]?.length ?? 0
    return { problem: `row ${uneven + 1} of which has ${count} values, allowed: ${columns.length}, as the header has` }
  }
  const rows = rest.map((record) => Object.fromEntries(columns.map((name, index) => [name, record[index] ?? ''])))
  return { columns, rows }
}

function csvRecords(text: string): string[][] | { readonly problem: string } {
  try {
    return parse(text, { skipEmptyLines: true, relaxColumnCount: true })
  } catch (error) {
    return { problem: `allowed: CSV (${messageOf(error)})` }
  }
}

function jsonRows(text: string): Rows {
  let list: unknown
  try {
    list = parseExactly(text)
  } catch (error) {
    return { problem: `allowed: JSON (${messageOf(error)})` }
  }
  if (!Array.isArray(list)) return { problem: `which holds ${found(list)}, allowed: a list of flat objects` }
  const columns = isRecord(list[0]) ? Object.keys(list[0]) : []
  for (const [index, row] of list.entries()) {
    const problem = rowProblem(row, columns)
    if (problem !== null) return { problem: `row ${index + 1} of which ${problem}` }
  }
  const rows = (list as readonly JsonObject[]).map((row) =>
    Object.fromEntries(columns.map((name) => [name, textOf(row[name])])),
  )
  return { columns, rows }
}

function textOf(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function rowProblem(row: unknown, columns: readonly string[]): string | null {
  if (!isRecord(row)) return `is ${found(row)}, allowed: a flat object`
  const nested = Object.keys(row).find((name) => typeof row[name] === 'object' && row[name] !== null)
  if (nested !== undefined)
    return `has ${found(row[nested])} as ${found(nested)}, allowed: texts, numbers, true, false and null`
  const names = Object.keys(row)
  if (names.length === 0 && columns.length === 0) return 'has nothing, allowed: at least one column'
  if (names.length === columns.length && columns.every((name) => Object.hasOwn(row, name))) return null
  return `has ${quoted(names) || 'nothing'}, allowed: the columns of the first, ${quoted(columns)}`
}
