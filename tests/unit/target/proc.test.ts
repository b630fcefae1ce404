import { expect, test } from 'vitest'
import { isSame, parseEnviron, parseRollup, parseStat, readStat } from '../../../harness/target/proc.ts'

const rest = '1 42 42 0 -1 4194560 100 0 0 0 7 5 1 2 20 0 11 0 123456 1000000 2500 18446744073709551615 1 1'

test('a stat line is read by field', () => {
  expect(parseStat(`77 (nginx) S ${rest}\n`)).toEqual({
    pid: 77,
    comm: 'nginx',
    state: 'S',
    ppid: 1,
    pgrp: 42,
    cpuTicks: 12,
    threads: 11,
    startTicks: 123_456,
    rssPages: 2500,
  })
})

test.each(['a b', 'a) Z 9 (', '((sd-pam))', ''])('a process named "%s" is read like any other', (comm) => {
  expect(parseStat(`77 (${comm}) Z ${rest}`)).toMatchObject({ pid: 77, comm, state: 'Z', startTicks: 123_456 })
})

test.each(['', '77 (x', '77 (x) S 1 2'])('what is not a stat line is nothing: %j', (text) => {
  expect(parseStat(text)).toBeUndefined()
})

test('an environment is read up to its first "=", and garbage in it is left out', () => {
  expect(parseEnviron('A=1\0B=x=y\0garbage\0=z\0\0')).toEqual({ A: '1', B: 'x=y' })
  expect(parseEnviron('')).toEqual({})
})

test('PSS is read from the line of that name', () => {
  const rollup = 'Rss:  900 kB\nPss:    321 kB\nPss_Dirty: 5 kB\nAnonymous:   40 kB\n'
  expect([parseRollup(rollup, 'Pss'), parseRollup(rollup, 'Anonymous')]).toEqual([321, 40])
  expect(parseRollup('Rss: 1 kB\n', 'Pss')).toBeUndefined()
})

test('a process is the same only with its start time', () => {
  const own = readStat(process.pid)!
  expect(isSame(own)).toBe(true)
  expect(isSame({ pid: own.pid, startTicks: own.startTicks + 1 })).toBe(false)
})
