import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Many tests spawn the real command; what they compile is compiled once for all of them, which halves their start.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

// All cores (vitest leaves one free by default), and both in the same group: projects of one group share the workers.
// They have no state of their own in modules, so that files can share what they import: loading it anew takes longer than they do.
const parallel = { maxWorkers: '100%', isolate: false, sequence: { groupOrder: 0 } } as const

// Tests that measure: one file at a time and after everything else, or they would measure each other.
const measuring = ['effects', 'servers', 'load-slice', 'relay'].map((name) => `tests/integration/${name}.test.ts`)
const alone = { fileParallelism: false, maxConcurrency: 2, sequence: { groupOrder: 2 } } as const

const patient = { testTimeout: 90_000, hookTimeout: 60_000 } as const

// Those that take longest, begun first: vitest, which knows nothing of a fresh checkout but sizes, would end with them, one core idle.
const longest = ['drivers', 'ab', 'interrupt', 'verdicts', 'docs', 'scenarios', 'calibrate', 'target-faults', 'compare']
const rank = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return at === -1 ? longest.length : at
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 5_000, ...parallel } },
      { test: { name: 'contract', include: ['tests/contract/**/*.test.ts'], testTimeout: 20_000, ...parallel } },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: measuring,
          // One more than cores, and fewer tests of a file at a time: most of them wait for what they have started, and in many
          // a file one test follows the other.
          maxWorkers: availableParallelism() + 1,
          maxConcurrency: 2,
          ...patient,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { name: 'measuring', include: measuring, ...patient, ...alone } },
    ],
  },
})
