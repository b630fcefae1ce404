import type { Lingering } from './step.ts'

/** What goes on after several things were given up, as one: it has stopped when all have. Null where none goes on. */
export function allOf(lingering: readonly Lingering[]): Lingering | null {
  const [first, ...rest] = lingering
  if (!first || rest.length === 0) return first ?? null
  return {
    whenStopped(callback) {
      let left = lingering.length
      for (const one of lingering)
        one.whenStopped((nowNs) => {
          left--
          if (left === 0) callback(nowNs)
        })
    },
  }
}
