import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { listening } from '../support/sockets.ts'
import { openBench, soakrig, startSoakrig } from '../support/soakrig.ts'

test('a signal ends a search with what it knows by then', async () => {
  await using server = await listening(createServer((_, response) => setTimeout(() => response.end('hi'), 5)))
  await using bench = await openBench()
  const url = `http://127.0.0.1:${server.port}/`
  const run = startSoakrig(['capacity', url, '--step', '300ms', '--results', bench.results])
  const toldOf = (text: string): Promise<void> =>
    new Promise((resolve) => {
      run.stderr.on('data', (data: Buffer) => void (String(data).includes(text) && resolve()))
    })
  await toldOf('(loops-4)')
  run.kill('SIGINT')
  const { exitCode, stdout } = await run
  expect(exitCode).toBe(105)
  const [file] = await bench.files('load')
  const result = JSON.parse(await readFile(file ?? '', 'utf8')) as Result
  expect(validateResult(result)).toEqual([])
  expect(result.run).toMatchObject({
    kind: 'capacity',
    status: 'aborted',
    abortedBy: 'signal',
    verdict: 'inconclusive',
  })
  expect(result.capacity).toMatchObject({ kind: 'none', limit: 'stopped', steps: [] })
  expect(result.capacity?.loops.slice(0, 2).map(({ loops }) => loops)).toEqual([1, 2])
  expect(stdout).toContain('the run was ended')
})

test('a search says what it would do, and what it cannot do', async () => {
  await using bench = await openBench()
  const profile = await bench.profile('planned', {})
  const planned = await soakrig(['capacity', profile, '--slo', 'p(99)<50ms', '--dry-run'])
  expect(planned).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('as long as p(99)<50ms') as unknown,
  })
  const refused = await soakrig(['capacity', profile, '--method', 'POST'])
  expect(refused).toMatchObject({ code: 104, stdout: '' })
  expect(refused.stderr).toContain('--method: found "POST", allowed: only beside a URL')
})
