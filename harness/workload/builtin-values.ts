import type { Rng } from '../kernel/rng.ts'

/** Where an iteration is; what the built-in names stand for depends on it. */
export interface BuiltinScope {
  /** Number of the user over all workers, from 0. */
  readonly user: number
  /** Number of the user's iteration, from 0. */
  readonly iteration: number
  readonly rng: Rng
}

type Make = (scope: BuiltinScope) => string

/** A built-in name: how it is written, and what it makes of its arguments; null where they make no sense. */
interface Builtin {
  readonly usage: string
  readonly compile: (words: readonly string[]) => Make | null
}

const plain =
  (make: Make): Builtin['compile'] =>
  (words) =>
    words.length === 0 ? make : null

const builtins: Readonly<Record<string, Builtin>> = {
  $user: { usage: '$user', compile: plain(({ user }) => String(user)) },
  $iteration: { usage: '$iteration', compile: plain(({ iteration }) => String(iteration)) },
  $uuid: { usage: '$uuid', compile: plain(({ rng }) => uuidOf(rng)) },
  $random: { usage: '$random:FROM:TO', compile: randomWithin },
}

/** How every built-in name is written, for messages. */
export const builtinUsages: readonly string[] = Object.values(builtins).map(({ usage }) => usage)

/** True for a name that begins like a built-in. */
export function isBuiltinName(name: string): boolean {
  return name.startsWith('$')
}

/** What is allowed where a built-in name is wrong; null where it is right. */
export function builtinProblem(name: string): string | null {
  if (compiled(name)) return null
  const builtin = builtins[name.split(':')[0] ?? '']
  return builtin ? `${builtin.usage}${builtin.compile === randomWithin ? ', two whole numbers in order' : ''}` : ''
}

/** The value of a built-in name such as `$user` or `$random:1:100`; undefined for any other. Chance is drawn each time. */
export function builtinValue(name: string, scope: BuiltinScope): string | undefined {
  return compiled(name)?.(scope)
}

/** Names come from the texts of a profile: there are few of them. */
const known = new Map<string, Make | null>()

function compiled(name: string): Make | null {
  const there = known.get(name)
  if (there !== undefined) return there
  const [keyword = '', ...words] = name.split(':')
  const make = Object.hasOwn(builtins, keyword) ? (builtins[keyword]?.compile(words) ?? null) : null
  known.set(name, make)
  return make
}

/** A whole number from the first to the second, both included. */
function randomWithin(words: readonly string[]): Make | null {
  const [from, to] = words.map((word) => (/^-?\d+$/u.test(word) ? Number(word) : Number.NaN))
  if (words.length !== 2 || from === undefined || to === undefined) return null
  const span = to - from + 1
  if (![from, to, span].every(Number.isSafeInteger) || span < 1) return null
  return ({ rng }) => String(from + Math.floor(rng.next() * span))
}

/** The two digits of every byte. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A UUID of version 4 (RFC 9562, section 5.4), random by the seed. */
function uuidOf(rng: Rng): string {
  let text = ''
  for (let index = 0; index < 16; index++) {
    const drawn = Math.floor(rng.next() * 256)
    const byte = index === 6 ? (drawn & 0x0f) | 0x40 : index === 8 ? (drawn & 0x3f) | 0x80 : drawn
    text += index === 4 || index === 6 || index === 8 || index === 10 ? `-${digits[byte]}` : digits[byte]
  }
  return text
}
