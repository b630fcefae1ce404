import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { copyOf, found, isRecord } from '../kernel/json.ts'
import { extended } from './extends.ts'
import { type ProfileFile, profilesIn } from './files.ts'
import { type Read, readJson } from '../kernel/jsonc.ts'
import { didYouMean } from '../kernel/suggest.ts'

const modules = ['.ts', '.mjs', '.js']

/** Reads a profile and what it extends, merged; the document is missing where something could not be read. */
export async function readProfile(file: ProfileFile): Promise<Read> {
  return readChain(file, [file])
}

async function readChain(file: ProfileFile, chain: readonly ProfileFile[]): Promise<Read> {
  const own = modules.includes(extname(file.path)) ? await readModule(file) : await readText(file)
  if (!isRecord(own.document) || typeof own.document['extends'] !== 'string') return own
  const { extends: name, ...document } = own.document
  const base = besides(file, name as string)
  const problem = await baseProblem(base, chain)
  if (problem !== undefined) return { problems: [...own.problems, { where: '/extends', message: problem }] }
  const below = await readChain(base, [...chain, base])
  const problems = [...own.problems, ...below.problems]
  if (below.document === undefined) return { problems }
  if (isRecord(below.document)) return { document: extended(below.document, document), problems }
  return {
    problems: [...problems, { where: base.source, message: `found ${found(below.document)}, allowed: an object` }],
  }
}

/** The file that a profile extends: its path starts from the profile's own folder. */
function besides({ path, source }: ProfileFile, name: string): ProfileFile {
  return { path: resolve(dirname(path), name), source: join(dirname(source), name) }
}

async function baseProblem(base: ProfileFile, chain: readonly ProfileFile[]): Promise<string | undefined> {
  if (chain.some(({ path }) => path === base.path)) {
    const circle = [...chain, base].map(({ source }) => source).join(' → ')
    return `found a circle: ${circle}, allowed: a base that does not lead back`
  }
  if (existsSync(base.path)) return undefined
  const siblings = (await profilesIn(dirname(base.path))).map((name) => join(dirname(base.source), name))
  return `found ${found(base.source)}, allowed: a file that exists${didYouMean(base.source, siblings)}`
}

async function readText({ path, source }: ProfileFile): Promise<Read> {
  try {
    return readJson(await readFile(path, 'utf8'), source)
  } catch (cause) {
    throw unreadable(source, cause)
  }
}

async function readModule({ path, source }: ProfileFile): Promise<Read> {
  try {
    const { default: document } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
    if (document !== undefined) return { document: copyOf(document), problems: [] }
  } catch (cause) {
    throw unreadable(source, cause)
  }
  return {
    problems: [
      { where: source, message: 'found no default export, allowed: a module that exports a profile by default' },
    ],
  }
}

function unreadable(source: string, cause: unknown): SoakrigError {
  return new SoakrigError(`cannot read profile ${source}: ${messageOf(cause)}`, {
    code: 'profile-not-readable',
    exit: 'usage',
    hint: 'A profile is JSON with comments, or a module whose default export is the same object.',
    cause,
  })
}
