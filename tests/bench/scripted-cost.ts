/**
 * CPU per operation of three requests, of the same three as a scenario that takes values out of the answers and holds checks
 * against them, and of the same three as a script that does: `node tests/bench/scripted-cost.ts [rounds] [--seconds 3]
 * [--unpinned]`. On nginx, 50 connections; the three are interleaved, each in a fresh worker. Exits with 1 when the scenario
 * or the script costs 3 times the plain requests or more.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loops } from '../../harness/plan/models.ts'
import type { Workload, WorkloadRequest } from '../../harness/workload/workload.ts'
import { tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { startNginx } from '../support/bench-nginx.ts'
import { Findings, inTurns, row } from '../support/bench-rounds.ts'
import { runWorker, type ToolRun } from '../support/bench-tools.ts'
import { requestOf, workloadOf } from '../support/slice-task.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '3' }, unpinned: { type: 'boolean' } },
})
const rounds = Number(positionals[0] ?? 15)
const seconds = Number(flags.seconds)
const cores = twoCores(flags.unpinned)
const connections = 50

const token = 'c29ha3JpZw.3f786850e387550f'
const json = 'application/json'
const locations = `
  location /login { default_type ${json}; return 200 '{"token":"${token}","id":42,"name":"ann"}'; }
  location /whoami { default_type ${json}; return 200 '{"id":42,"name":"ann"}'; }
  location /orders/ { default_type ${json}; return 200 '{"id":42,"items":[{"name":"tea","price":3.5},{"name":"cup","price":8}]}'; }`

const answered = { status: 200, body: null, checks: [] } as const

const plain: readonly WorkloadRequest<'http'>[] = [
  requestOf({
    name: 'login',
    message: {
      method: 'POST',
      path: '/login',
      headers: { 'content-type': json },
      body: { kind: 'text', text: '{"user":"ann"}' },
    },
    expect: answered,
  }),
  requestOf({
    name: 'whoami',
    message: { path: '/whoami', headers: { authorization: `Bearer ${token}` } },
    expect: answered,
  }),
  requestOf({ name: 'order', message: { path: '/orders/42' }, expect: answered }),
]

const [login, whoami, order] = plain as [WorkloadRequest<'http'>, WorkloadRequest<'http'>, WorkloadRequest<'http'>]
const steps: readonly WorkloadRequest<'http'>[] = [
  {
    ...login,
    extract: [
      { name: 'token', kind: 'json', pointer: '/token' },
      { name: 'id', kind: 'json', pointer: '/id' },
    ],
  },
  {
    ...whoami,
    templated: true,
    message: { ...whoami.message, headers: { authorization: 'Bearer {{token}}' } },
    expect: {
      ...answered,
      checks: [
        { kind: 'header', name: 'content-type', equals: json },
        { kind: 'json', pointer: '/name', equals: 'ann' },
      ],
    },
  },
  {
    ...order,
    templated: true,
    message: { ...order.message, path: '/orders/{{id}}' },
    expect: { ...answered, checks: [{ kind: 'body-contains', text: 'tea' }] },
  },
]

const timeoutNs = 5e9
const file = fileURLToPath(new URL('../fixtures/scripts/order.ts', import.meta.url))
const workloads = {
  plain: workloadOf(plain, { timeoutNs }),
  scenario: workloadOf(steps, { timeoutNs, scenarios: [{ name: 'order', weight: 1, steps: [0, 1, 2] }] }),
  script: workloadOf([], { timeoutNs, script: file }),
} as const satisfies Readonly<Record<string, Workload>>

await using server = await startNginx({ core: cores?.target, locations })
const run = (workload: Workload) => (): Promise<ToolRun> =>
  runWorker(workload, server.ports.http, loops(connections), { seconds, core: cores?.tool })

console.log(`${connections} connections, ${seconds} s; ${coresText(cores)}`)
await tellOfK6()
console.log('CPU µs per operation (user + system)')
console.log(row(['plain', 'scenario', 'script', 'plain/s', 'scenario/s', 'script/s']))
const names = ['plain', 'scenario', 'script'] as const
const all = await inTurns<(typeof names)[number], ToolRun>(
  rounds,
  { plain: run(workloads.plain), scenario: run(workloads.scenario), script: run(workloads.script) },
  (round) => {
    const rates = names.map((name) => round[name].requestsPerSecond.toFixed(0))
    console.log(row([...names.map((name) => round[name].cpuUs), ...rates]))
  },
)
const costs = (name: (typeof names)[number]): number[] => all.map((round) => round[name].cpuUs)
const findings = new Findings()
findings.ratio('scenario / plain, CPU', costs('scenario'), costs('plain'), { most: 3 })
findings.ratio('script / plain, CPU', costs('script'), costs('plain'), { most: 3 })
