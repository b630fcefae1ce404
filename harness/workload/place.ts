import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf, systemCode } from '../kernel/errors.ts'

/** Where the files that a workload names are looked for. */
export interface Place {
  /** The folder of the profile's file; the working directory where no file holds the profile. */
  readonly directory: string
}

/** A file's text, or the sentence that says why there is none. */
export type FileText = { readonly text: string } | { readonly problem: string }

/** Larger files do not belong into a profile: they are read whole, and go to every worker. */
const mostBytes = 64 * 2 ** 20

/** What was read at a place: problems and values come from one reading of each file. */
const read = new WeakMap<Place, Map<string, FileText>>()

/** The absolute path of a file that a workload names. */
export function pathAt({ directory }: Place, file: string): string {
  return resolve(directory, file)
}

/** Reads a file as UTF-8 once, without its byte order mark. */
export function textAt(place: Place, file: string): FileText {
  const texts = read.get(place) ?? new Map<string, FileText>()
  read.set(place, texts)
  const path = pathAt(place, file)
  const text = texts.get(path) ?? readText(path, file)
  texts.set(path, text)
  return text
}

function readText(path: string, file: string): FileText {
  const problem = fileProblem(path, file)
  if (problem !== null) return { problem }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    return { text }
  } catch (error) {
    const wrong = error instanceof TypeError ? 'it is not UTF-8' : messageOf(error)
    return { problem: `found ${JSON.stringify(file)}, allowed: a file that can be read as text (${wrong})` }
  }
}

/** What is wrong with the file at a path, beyond its contents; null for a regular one. `file` is its name for people. */
export function fileProblem(path: string, file: string, { large = false } = {}): string | null {
  const found = `found ${JSON.stringify(file)}, allowed: `
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return `${found}a file, and not a folder or a device (${path})`
    if (!large && stat.size > mostBytes) return `${found}a file of at most 64 MiB (it has ${stat.size} bytes)`
    return null
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? `there is none at ${path}` : messageOf(error)
    return `${found}a file that exists (${why})`
  }
}

/** What is wrong with the folder at a path; null for one that is there. */
export function folderProblem(path: string, folder: string): string | null {
  const there = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  return there ? null : `found ${JSON.stringify(folder)}, allowed: a folder that exists (there is none at ${path})`
}
