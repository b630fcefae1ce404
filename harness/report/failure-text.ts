import { isSoakrigError, messageOf, type Problem } from '../kernel/errors.ts'
import { colorsOf } from './colors.ts'

/** Each problem on a line of its own: where, and what is wrong there. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map(({ where, message }) => `  ${where === '' ? '/' : where}: ${message}`).join('\n')
}

/** What was thrown, for people: message, problems and hint; with its stack where it is a bug of ours. */
export function renderError(error: unknown, { color = false }: { readonly color?: boolean } = {}): string {
  const colors = colorsOf(color)
  if (!isSoakrigError(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
    return `${colors.red('a bug in soakrig:')} ${stack}`
  }
  const { message, problems, hint } = error
  return [
    `${colors.red('error:')} ${message}`,
    ...(problems.length > 0 ? [renderProblems(problems)] : []),
    ...(hint === undefined ? [] : [`${colors.dim('hint:')} ${hint}`]),
  ].join('\n')
}
