import { defineConfig, type OxlintOverride } from 'oxlint'
import { type Power, powers, rooms } from './layers.ts'
import manifest from './package.json' with { type: 'json' }

// A later override replaces an earlier one's setting of the same rule, so each states its full list (`reach`).
// Deny lists only: a `regex` with lookahead in no-restricted-imports is ignored without a word.

interface Denied {
  readonly group: string[]
  readonly message: string
  readonly allowTypeImports?: boolean
}

type Rules = NonNullable<OxlintOverride['rules']>
type Ban<T> = T & { readonly power: Power }

const sayTime = 'Time is passed in: use the clock of harness/kernel.'
const sayChance = 'Chance is passed in: use the rng of harness/kernel.'
const sayProcess = 'Only the kernel, scripts/ and the process entries reach the process.'
const sayPrint = 'Only harness/report prints.'

const importBans: readonly Ban<Denied>[] = [
  { power: 'clock', group: ['timers', 'timers/*', 'node:timers', 'node:timers/*'], message: sayTime },
  { power: 'process', group: ['perf_hooks', 'node:perf_hooks'], message: sayTime },
  { power: 'process', group: ['process', 'node:process'], message: sayProcess },
  { power: 'chance', group: ['pure-rand', 'pure-rand/**'], message: sayChance },
  { power: 'print', group: ['log-update', 'cli-table3', 'picocolors'], message: sayPrint },
  { power: 'command', group: ['zx', 'zx/*', 'yargs', 'yargs/*'], message: 'Commands live in scripts/.' },
]

const randomOfCrypto = ['crypto', 'node:crypto'].map((name) => ({
  name,
  importNames: ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'webcrypto'],
  message: sayChance,
}))

const globalBans: readonly Ban<{ readonly name: string; readonly message: string }>[] = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'globalThis', 'global'].map((name) => ({
    power: 'clock' as const,
    name,
    message: sayTime,
  })),
  { power: 'process', name: 'process', message: sayProcess },
]

const propertyBans: readonly Ban<{ readonly object: string; readonly property: string; readonly message: string }>[] = [
  { power: 'chance', object: 'Math', property: 'random', message: sayChance },
  { power: 'chance', object: 'crypto', property: 'randomUUID', message: sayChance },
  { power: 'chance', object: 'crypto', property: 'getRandomValues', message: sayChance },
  { power: 'clock', object: 'Date', property: 'now', message: sayTime },
  { power: 'clock', object: 'performance', property: 'now', message: sayTime },
  { power: 'clock', object: 'process', property: 'hrtime', message: sayTime },
  { power: 'clock', object: 'AbortSignal', property: 'timeout', message: sayTime },
  { power: 'exit', object: 'process', property: 'exit', message: sayProcess },
  { power: 'exit', object: 'process', property: 'exitCode', message: sayProcess },
  { power: 'exit', object: 'process', property: 'kill', message: sayProcess },
]

/** The rules of a place: whatever its powers do not name, and whatever `layers` denies, is an error. */
function reach(granted: readonly Power[], layers: readonly Denied[]): Rules {
  const bans = <T>(all: readonly Ban<T>[]) =>
    all.filter(({ power }) => !granted.includes(power)).map(({ power: _, ...ban }) => ban)
  const imports = {
    paths: granted.includes('chance') ? [] : randomOfCrypto,
    patterns: [...bans<Denied>(importBans), ...layers],
  }
  return {
    'eslint/no-restricted-imports': ['error', imports],
    'eslint/no-restricted-globals': ['error', ...bans(globalBans)],
    'eslint/no-restricted-properties': ['error', ...bans(propertyBans)],
    'eslint/no-console': granted.includes('print') ? 'off' : 'error',
    'soakrig/no-wall-clock': granted.includes('clock') ? 'off' : 'error',
  }
}

const outward: Denied = {
  group: [manifest.name, '**/scripts/**', '**/tests/**', '**/dist/**'],
  message: 'Imports point inward: harness/ knows nothing of what is around it.',
}

/** What a room may not import: every room that its row does not name. */
function deniedTo(name: string): Denied[] {
  const { may, types = [] } = rooms[name] ?? { may: [] }
  const others = Object.keys(rooms).filter((other) => other !== name && other !== 'kernel')
  const closed = others.filter((other) => !may.includes(other))
  const say = (other: string) => `The layer table (layers.ts) does not let ${name} import ${other}`
  return closed.map((other) => {
    const files = may.filter((path) => path.startsWith(`${other}/`)).map((path) => `!**/${path}`)
    const group = [`**/${other}/**`, ...files]
    return types.includes(other)
      ? { group, allowTypeImports: true, message: `${say(other)}, except its types.` }
      : { group, message: `${say(other)}.` }
  })
}

const roomOverrides = Object.keys(rooms).flatMap((name) => {
  const granted = powers[name] ?? []
  const layers = [outward, ...deniedTo(name)]
  const entry = [...granted, ...(powers['entry'] ?? [])]
  return [
    { files: [`harness/${name}/**`], rules: reach(granted, layers) },
    { files: [`harness/${name}/**/process.ts`], rules: reach(entry, layers) },
  ]
})

const commandPackages = ['zx', 'yargs']
const commandLayers: Denied[] = [
  { group: ['**/harness/**', '!**/harness/index.ts', manifest.name], message: 'scripts/ enters by harness/index.ts.' },
  {
    group: Object.keys(manifest.dependencies).filter((name) => !commandPackages.includes(name)),
    message: 'scripts/ parses and hands over: other packages belong to harness/.',
  },
]

const sizes: Rules = {
  'eslint/max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
  'eslint/max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'eslint/complexity': ['error', { max: 15 }],
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'vitest'],
  jsPlugins: ['./scripts/dev/no-wall-clock.ts'],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/**', 'results/**', 'coverage/**'],
  categories: { correctness: 'error' },
  rules: {
    ...sizes,
    'eslint/eqeqeq': 'error',
    'eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    'eslint/no-var': 'error',
    'eslint/prefer-const': 'error',
    'import/extensions': ['error', 'always', { ignorePackages: true }],
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-self-import': 'error',
    'typescript/await-thenable': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/parameter-properties': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/no-abusive-eslint-disable': 'error',
    // JSON Schema has a keyword `then`.
    'unicorn/no-thenable': 'off',
  },
  overrides: [
    // A folder without a row may import nothing at all, not even the kernel.
    {
      files: ['harness/**'],
      rules: reach([], [outward, { group: ['../**'], message: 'Give the room a row in layers.ts.' }]),
    },
    { files: ['harness/*.ts'], rules: reach([], [outward]) },
    ...roomOverrides,
    { files: ['scripts/**'], rules: reach(['process', 'exit', 'command'], commandLayers) },
    { files: ['scripts/dev/**'], rules: reach(['process', 'exit', 'command', 'print'], commandLayers) },
    {
      files: ['tests/**'],
      rules: {
        ...reach(['clock', 'chance', 'process', 'exit', 'print'], []),
        'eslint/max-lines': 'off',
        'eslint/max-lines-per-function': 'off',
        'typescript/no-non-null-assertion': 'off',
      },
    },
  ],
})
