/** What {port}, {dir} and {host} stand for in one life of a target. */
export interface TemplateValues {
  readonly port: number
  /** The run directory of this life. */
  readonly dir: string
  readonly host: string
}

/** Fills in {port}, {dir} and {host}; any other braces stay, since configuration files are full of them. */
export function expand(text: string, values: TemplateValues): string {
  return text.replaceAll(/\{(port|dir|host)\}/gu, (_, name: keyof TemplateValues) => String(values[name]))
}

/** `expand` on every value of a table. */
export function expandValues(table: Readonly<Record<string, string>>, values: TemplateValues): Record<string, string> {
  return Object.fromEntries(Object.entries(table).map(([name, text]) => [name, expand(text, values)]))
}
