/** Adds to a count that has a name of its own; see `StageContext.counters`. */
export function count(counters: Record<string, number>, name: string, by = 1): void {
  counters[name] = (counters[name] ?? 0) + by
}
