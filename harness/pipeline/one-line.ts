/**
 * A message in one line: its first line says what. Of a target's output below it, which is shown with the failure itself,
 * the last line says most.
 */
export function inOneLine(message: string): string {
  const [first = '', ...output] = message.trimEnd().split('\n')
  const last = output.at(-1)?.trim()
  return last === undefined ? first : first.replace(/lines:$/u, `line: ${last}`)
}
