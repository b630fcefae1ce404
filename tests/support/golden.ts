import { readFileSync } from 'node:fs'

/** Golden vectors as the script of the same name beside them made them, in `tests/fixtures/statistics/`. */
export function golden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/statistics/${name}.json`, import.meta.url), 'utf8'))
}

/** How far a figure is from the right one, as a share of it. */
export function relativeError(figure: number, right: number): number {
  return figure === right ? 0 : Math.abs(figure - right) / Math.abs(right)
}
