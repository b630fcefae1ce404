import type { Problem } from '../kernel/errors.ts'
import { found, isRecord, step, valueAt } from '../kernel/json.ts'
import type { Document } from './document.ts'
import { withCure } from './scenario.ts'

/**
 * What is wrong with the cures of a scenario's profile, each put over it as if it were chosen: also what nobody has chosen
 * yet is to be right. `problemsOf` says what is wrong with a profile.
 */
export function cureProblems(document: Document, problemsOf: (cured: Document) => readonly Problem[]): Problem[] {
  const { scenario } = document
  const cures = isRecord(scenario) && isRecord(scenario['cures']) ? scenario['cures'] : {}
  return Object.entries(cures).flatMap(([name, cure]) => {
    const own = `/scenario/cures${step(name)}`
    if (isRecord(cure) && cure['extends'] !== undefined) {
      const message = `found ${found(cure['extends'])}, allowed: none, since a cure is put over its own profile`
      return [{ where: `${own}/extends`, message }]
    }
    return problemsOf(withCure(document, name).document).map(({ where, message }) =>
      valueAt(cure, where) === undefined
        ? { where: own, message: `with it, at ${where}: ${message}` }
        : { where: `${own}${where}`, message },
    )
  })
}
