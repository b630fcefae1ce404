/** Text that Markdown shows as it is. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|~]/gu, String.raw`\$&`)
    .replaceAll(/\s*\n\s*/gu, ' ')
}

/** A Markdown table; columns of numbers are set right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  const rule = head.map((_, column) => (numeric.includes(column) ? '---:' : '---'))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** A Markdown list. */
export function markdownList(lines: readonly string[]): string {
  return lines.map((line) => `- ${escaped(line)}`).join('\n')
}

/** Something that is folded until it is asked for. */
export function folded(title: string, content: string): string {
  return `<details>\n<summary>${escaped(title)}</summary>\n\n${content}\n\n</details>`
}
