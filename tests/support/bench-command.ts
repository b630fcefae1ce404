import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { onCore } from './bench-cores.ts'

const run = promisify(execFile)

/** Where a tool lies; null when it is not installed. */
export async function findTool(tool: string): Promise<string | null> {
  const path = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`
  const found = run('sh', ['-c', `command -v ${tool}`], { env: { ...process.env, PATH: path } })
  return found.then(({ stdout }) => stdout.trim()).catch(() => null)
}

/** Where a tool lies; ends the bench with the package to install when it is missing. */
export async function needTool(tool: string): Promise<string> {
  const path = await findTool(tool)
  if (path !== null) return path
  console.error(`${tool} is missing: install the package ${tool} to run this bench`)
  process.exit(1)
}

/** Says of a peer that no bench runs whether it could. */
export async function tellOfK6(): Promise<void> {
  const path = await findTool('k6')
  console.log(path === null ? 'k6: not installed' : `k6: is at ${path}, but is not run by this bench`)
}

/** What a command said, and what its whole tree of processes cost. */
export interface TimedCommand {
  readonly stdout: string
  /** User and system time as the shell's `times` tells them, in ms. */
  readonly cpuMs: number
}

/** Runs a command to its end; rejects when it fails. */
export async function timed(words: readonly string[], core: number | undefined): Promise<TimedCommand> {
  const script = '"$@" || exit; echo; echo =====; times'
  const { stdout } = await run('sh', ['-c', script, 'sh', ...onCore(core, words)], { maxBuffer: 2 ** 26 })
  const [output = '', times = ''] = stdout.split('\n=====\n')
  const children = times.trim().split('\n').at(-1) ?? ''
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/gu)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  )
  if (parts.length !== 2) throw new Error(`times said ${JSON.stringify(times)}`)
  return { stdout: output, cpuMs: parts.reduce((a, b) => a + b, 0) * 1000 }
}
