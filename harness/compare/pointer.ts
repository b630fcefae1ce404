/** The number at a JSON pointer (RFC 6901) of a result, or null. */
export function numberAt(document: unknown, pointer: string): number | null {
  let value = document
  for (const name of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, unescaped(name))) return null
    value = (value as Readonly<Record<string, unknown>>)[unescaped(name)]
  }
  return typeof value === 'number' ? value : null
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** One step of a JSON pointer, with its slash. */
export function step(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
