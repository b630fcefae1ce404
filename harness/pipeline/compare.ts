import { dirname, resolve } from 'node:path'
import { passingResults, wishOfResult } from '../archive/list.ts'
import { profileDirectory } from '../archive/names.ts'
import { type ArchivedResult, readResult } from '../archive/read.ts'
import { compareResults } from '../compare/compare.ts'
import type { Comparison } from '../compare/comparison.ts'
import { usualReference } from './reference-flag.ts'

/**
 * Compares two result files. By how much nights differ is what the newest passing results beside the base say, where it lies
 * among such. Rejects as `readResult` (104) and `compareResults` (112).
 */
export async function compareFiles(baseFile: string, nextFile: string): Promise<Comparison> {
  const [base, next] = await Promise.all([readResult(baseFile), readResult(nextFile)])
  return compareResults(base, next, await nightsBeside(base, next))
}

async function nightsBeside(
  { result, file }: ArchivedResult,
  next: ArchivedResult,
): Promise<readonly ArchivedResult[]> {
  const directory = dirname(resolve(file))
  const resultsDir = dirname(directory)
  if (profileDirectory(resultsDir, result.run.profile) !== directory) return []
  // One more than count: the new run may be among them, and is no night that it is held to.
  const looked = await passingResults(wishOfResult(result, resultsDir), usualReference.most + 1).catch(() => null)
  const others = looked?.found.filter(({ sha256 }) => sha256 !== next.sha256) ?? []
  return others.slice(0, usualReference.most)
}
