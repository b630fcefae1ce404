import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { openCounters } from '../../harness/load/udp/counters.ts'
import { doubtEffects } from '../../harness/measure/doubts.ts'
import { errorClasses } from '../../harness/resilience/outcome.ts'
import { exampleFile } from '../fixtures/results/example.ts'
import { armOf, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'

const pages = [
  'README.md',
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
]
const textOf = (page: string): Promise<string> => readFile(join(root, page), 'utf8')

/** The commands that a page shows, without their comments. */
async function commandsOf(page: string): Promise<string[]> {
  const blocks = [...(await textOf(page)).matchAll(/```sh\n([\s\S]*?)```/gu)].flatMap(([, block = '']) =>
    block.split('\n'),
  )
  return blocks.map((line) => line.replace(/\s+#.*$/u, '').trim()).filter((line) => line !== '')
}

/** What a shell makes of a command after its name; quotes are around whole words only. */
function wordsOf(line: string): string[] {
  const [, ...words] = line.match(/'[^']*'|\S+/gu) ?? []
  return words.map((word) => word.replace(/^'(.*)'$/u, '$1'))
}

const commands = (
  await Promise.all(pages.map(async (page) => (await commandsOf(page)).map((line) => [page, line] as const)))
).flat()

let results = ''
/** The examples with all that they name, where something can be put beside them. */
let copied = ''
/** Serves until the end whatever ad hoc load is shown on. */
let target: ReturnType<typeof startSoakrig>
let url = ''
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'soakrig-docs-'))
  await cp(join(root, 'profiles'), join(results, 'profiles'), { recursive: true })
  copied = join(results, 'profiles/examples')
  target = startSoakrig(['target', 'http'])
  url = await listening(target)
})
afterAll(async () => {
  target.kill('SIGINT')
  await target
  await rm(results, { recursive: true, force: true })
})

/** Waits until a command has said where it listens. */
function listening(run: ReturnType<typeof startSoakrig>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    run.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      const [, address] = /(?:listening on|relaying|API at|resolving at) ([^\s,;]+).*\n/u.exec(said) ?? []
      if (address !== undefined) resolve(address)
    })
    run.nodeChildProcess.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
}

describe('a command in the documents', () => {
  const shown = commands.filter(([, line]) => line.startsWith('soakrig'))
  const served = shown.filter(([, line]) => /^soakrig (target|relay)/u.test(line))
  const ended = shown.filter((command) => !served.includes(command))

  test.concurrent.each(ended)('%s: %s', async (_, line) => {
    const words = wordsOf(line)
      .map((word) => (/^results\/.*\.json$/u.test(word) ? exampleFile : word))
      .map((word) => (word.startsWith('http://127.0.0.1:8080') ? url : word))
    const [name = ''] = words
    // What measures a profile is planned only: the runs themselves are tested elsewhere.
    const measures = ['soak', 'baseline', 'policies', 'stress', 'capacity', 'tune', 'ab'].includes(name)
    const quickly = name === 'load' ? ['-d', '200ms', '-q', '--results', results] : []
    const { code, stdout, stderr } = await soakrig([...words, ...(measures ? ['--dry-run'] : quickly)], { cwd: root })
    expect(stderr).toBe('')
    expect(stdout).not.toBe('')
    expect(code).toBe(0)
  })

  test.concurrent.each(served)('%s: %s', async (_, line) => {
    const words = wordsOf(line)
    const anyPort = words[0] === 'target' ? ['--port', '0'] : ['--listen', '127.0.0.1:0']
    const run = startSoakrig([...words, ...anyPort, ...(words.includes('--api') ? ['--api', '127.0.0.1:0'] : [])])
    await listening(run)
    run.kill('SIGINT')
    const { exitCode, stdout } = await run
    expect(stdout).not.toBe('')
    expect(exitCode).toBe(0)
  })

  test('is one of the entrypoints that exist, where it is no soakrig command', async () => {
    const others = commands.filter(([, line]) => !line.startsWith('soakrig')).map(([, line]) => line)
    const entrypoints = (await readdir(root)).filter((name) => name.endsWith('.sh'))
    expect(others.length).toBeGreaterThan(0)
    for (const line of others) expect(entrypoints).toContain(line.split(' ')[1])
  })
})

test.each(['README.md', 'docs/scenarios.md'])('the profile in %s is valid', async (page) => {
  await using bench = await openBench()
  const [, profile = ''] = /```jsonc?\n([\s\S]*?)```/u.exec(await textOf(page)) ?? []
  const file = join(bench.directory, 'checkout.json')
  await writeFile(file, profile)
  const { code, stderr } = await soakrig(['validate', file])
  expect(stderr).toBe('')
  expect(code).toBe(0)
})

/** The names by which the headings of a page are linked to. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) => heading.toLowerCase())
  return headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-'))
}

test('every link between pages leads to one that is there, and to a heading in it', async () => {
  const broken: string[] = []
  for (const page of pages) {
    for (const [link, path = '', anchor] of (await textOf(page)).matchAll(/\]\(([^)#:]*\.md)(?:#([^)]+))?\)/gu)) {
      const linked = await textOf(join(page, '..', path)).catch(() => null)
      if (linked === null || (anchor !== undefined && !anchorsOf(linked).includes(anchor))) broken.push(page + link)
    }
  }
  expect(broken).toEqual([])
})

/** By profile, how long its stress stage has to be for its steps. */
const durations: Readonly<Record<string, string>> = { 'faults.json': '1s' }

/** Runs the stress stage of a profile, a short one with hardly a warm-up, which proves nothing here. */
async function stress(profile: string, cwd: string) {
  const brief = `brief-${profile}`
  const smoke = { warmup: '100ms', window: '200ms', duration: durations[profile] ?? '600ms' }
  await writeFile(join(cwd, brief), JSON.stringify({ extends: profile, modes: { smoke } }))
  const args = ['stress', brief, '--mode', 'smoke', '--json', '-q', '--results', results]
  const { code, stdout, stderr } = await soakrig(args, { cwd })
  if (!stdout.startsWith('{')) throw new Error(`${profile}: ${code}: ${stderr}`)
  const result = JSON.parse(stdout) as Result
  const arm = armOf(result, 'stress.smoke', 'baseline')
  const { reasons } = result.run
  return { arm, outcome: { code, reasons, errors: arm.errors, texts: arm.errorTexts } }
}

const good = { code: 0, reasons: [], errors: {}, texts: {} }

const examples = (await readdir(join(root, 'profiles/examples'))).filter((name) => name.endsWith('.json'))
const noOpenssl = execaSync('sh', ['-c', 'command -v openssl'], { reject: false }).exitCode !== 0

// Two at a time: they prove what works, not how fast.
describe('the example profile', () => {
  test.concurrent.each(examples.filter((name) => name !== 'https.json'))('%s runs as it is', async (name) => {
    const { outcome, arm } = await stress(name, copied)
    expect(outcome).toEqual(good)
    expect(arm.operations.ok).toBeGreaterThan(0)
  })

  test.skipIf(noOpenssl).concurrent('https.json runs as it is (needs the package openssl)', async () => {
    const { outcome, arm } = await stress('https.json', copied)
    expect(outcome).toEqual(good)
    expect(arm.protocolCounters['tls.handshakes']).toBeGreaterThan(0)
  })
})

describe('docs/scripts.md', async () => {
  const blocks = [...(await textOf('docs/scripts.md')).matchAll(/```(?:ts|jsonc)\n\/\/ (\S+)\n([\s\S]*?)```/gu)]
  const files = new Map(blocks.map(([, name = '', text = '']) => [name, text]))

  test.each(['checkout.ts', 'script.json'])('shows %s as it is in profiles/examples', async (name) => {
    expect(files.get(name)).toBe(await textOf(`profiles/examples/${name}`))
  })

  test('has a script over TCP that runs', async () => {
    await using bench = await openBench()
    for (const [name, text] of files) await writeFile(join(bench.directory, name), text)
    const { outcome, arm } = await stress('ping.json', bench.directory)
    expect(outcome).toEqual(good)
    expect(arm.requests.map(({ name }) => name)).toEqual(['ping'])
  })

  test('says truly what becomes of a script that throws', async () => {
    await using bench = await openBench()
    const thrower = 'export default async ({ http }) => { (await http.get("/echo/x")).json() }'
    await writeFile(join(bench.directory, 'checkout.ts'), thrower)
    for (const name of ['users.csv', 'script.json'])
      await copyFile(join(root, 'profiles/examples', name), join(bench.directory, name))
    const { outcome, arm } = await stress('script.json', bench.directory)
    expect(outcome.code).toBe(107)
    expect(outcome.reasons[0]).toContain('the script threw in')
    expect(outcome.errors).toEqual({ script: arm.all.iterations?.failed })
    expect(arm.requests.find(({ name }) => name === 'script')?.latencyMs.max).toBeGreaterThan(0)
  })
})

describe('docs/generator.md', async () => {
  const page = await textOf('docs/generator.md')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  /** The first cells of the table under a heading, and what stands in the next one. */
  const table = (heading: string): (readonly [string, string])[] => {
    const [, section = ''] = page.split(`\n## ${heading}\n`)
    const [own = ''] = section.split('\n## ')
    return rows
      .filter((row) => own.includes(row))
      .flatMap((row) => {
        const [, names = '', next = ''] = row.split('|').map((cell) => cell.trim())
        return [...names.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => [name, next] as const)
      })
  }

  test('has every doubt with its effect', () => {
    expect(Object.fromEntries(table('Doubts'))).toEqual(doubtEffects)
  })

  test('has every class of errors', () => {
    expect(table('Error classes').map(([name]) => name)).toEqual([...errorClasses])
  })

  test('has every counter of UDP', () => {
    const named = table('Protocol counters').map(([name]) => name)
    expect(named.filter((name) => name.startsWith('udp.')).toSorted()).toEqual(Object.keys(openCounters({})).toSorted())
  })
})
