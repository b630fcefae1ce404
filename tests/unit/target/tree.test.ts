import { expect, test } from 'vitest'
import type { ProcStat } from '../../../harness/target/proc.ts'
import { treeFrom } from '../../../harness/target/tree.ts'

const root = { pid: 10, startTicks: 100 }

function stat(pid: number, ppid: number, pgrp: number, more: Partial<ProcStat> = {}): ProcStat {
  return {
    pid,
    ppid,
    pgrp,
    comm: 'x',
    state: 'S',
    startTicks: 100 + pid,
    cpuTicks: 0,
    threads: 1,
    rssPages: 1,
    ...more,
  }
}

const first = stat(10, 1, 10, { startTicks: 100 })
const pids = (processes: ProcStat[]) => processes.map(({ pid }) => pid).sort((a, b) => a - b)

test('a tree holds every generation below its root, also those that left the group', () => {
  const processes = [first, stat(11, 10, 10), stat(12, 11, 12), stat(13, 12, 12), stat(14, 1, 14)]
  expect(pids(treeFrom(processes, { root, pgid: 10 }))).toEqual([10, 11, 12, 13])
})

test('a member of the group that lost its parent is in the tree, with what it started', () => {
  const processes = [first, stat(20, 1, 10), stat(21, 20, 21)]
  expect(pids(treeFrom(processes, { root, pgid: 10 }))).toEqual([10, 20, 21])
})

test('a process older than the root is no member of its group', () => {
  expect(pids(treeFrom([stat(5, 1, 10, { startTicks: 99 })], { root, pgid: 10 }))).toEqual([])
})

test('an orphan that was seen before stays, unless its id is another process by now', () => {
  const seen = [
    { pid: 30, startTicks: 130 },
    { pid: 31, startTicks: 1 },
  ]
  expect(pids(treeFrom([stat(30, 1, 30), stat(31, 1, 31)], { root, seen }))).toEqual([30])
})

test('zombies are dead, and a new process with the id of the root is not the root', () => {
  expect(treeFrom([stat(10, 1, 10, { startTicks: 999 }), stat(11, 10, 11, { state: 'Z' })], { root })).toEqual([])
})
