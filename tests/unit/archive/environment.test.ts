import { expect, test } from 'vitest'
import { cgroupOf, describeEnvironment, virtualisationOf } from '../../../harness/archive/environment.ts'

test('the environment names the host, the build and the fingerprints', () => {
  const profile = { name: 'default' }
  const environment = describeEnvironment({ git: { sha: 'abc', dirty: true }, profile, mode: 'smoke' })
  expect(environment).toMatchObject({ node: process.versions.node, gitSha: 'abc', gitDirty: true })
  expect(environment.cores).toBeGreaterThan(0)
  expect(environment.hostFingerprint).toMatch(/^[\da-f]{16}$/u)
  expect(describeEnvironment({ git: null, profile, mode: 'smoke' })).toMatchObject({ gitSha: null, gitDirty: null })
})

test('the cgroup is that of version 2, or the one for memory, and the root is none', () => {
  expect(cgroupOf('0::/user.slice/a:b.scope\n')).toBe('/user.slice/a:b.scope')
  expect(cgroupOf('4:cpu,memory:/jail\n1:cpu:/x\n0::/\n')).toBe('/jail')
  expect(cgroupOf('0::/\n')).toBeNull()
  expect(cgroupOf('')).toBeNull()
})

test('a hypervisor is known by its name or by the processor', () => {
  expect(virtualisationOf('xen\n', '')).toBe('xen')
  expect(virtualisationOf('', 'model name : x\nflags\t\t: fpu hypervisor lahf_lm\n')).toBe('vm')
  expect(virtualisationOf('', 'model name : hypervisor\nflags\t\t: fpu\n')).toBeNull()
})
