import { describe, expect, test } from 'vitest'
import { cgroupLimitsOf } from '../../../harness/archive/cgroup-limits.ts'
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

describe('what cgroups leave of a machine', () => {
  const limitsOf = (cgroups: string, files: Record<string, string>) =>
    cgroupLimitsOf(cgroups, (file) => files[file.replace('/sys/fs/cgroup', '')] ?? '')

  test('is all of it where nothing says otherwise', () => {
    const none = { memBytes: null, cpus: null }
    expect(limitsOf('', {})).toEqual(none)
    expect(limitsOf('0::/a\n', { '/a/memory.max': 'max\n', '/a/cpu.max': 'max 100000\n' })).toEqual(none)
    const first = {
      '/memory/a/memory.limit_in_bytes': '9223372036854771712\n',
      '/cpu/cpu.cfs_quota_us': '-1\n',
      '/cpu/cpu.cfs_period_us': '100000\n',
    }
    expect(limitsOf('4:memory:/a\n1:cpu:/\n0::/\n', first)).toEqual(none)
  })

  test('is the least that version 2 says of a cgroup or one above it', () => {
    const files = {
      '/a/b/memory.max': '1073741824\n',
      '/a/memory.max': '536870912\n',
      '/a/b/cpu.max': '50000 100000\n',
      '/a/cpu.max': 'max 100000\n',
      '/other/memory.max': '1\n',
    }
    expect(limitsOf('0::/a/b\n', files)).toEqual({ memBytes: 536_870_912, cpus: 0.5 })
    // In a container all that is mounted may be its own.
    expect(limitsOf('0::/not/here\n', { '/memory.max': '99\n', '/cpu.max': '150000 100000\n' })).toEqual({
      memBytes: 99,
      cpus: 1.5,
    })
  })

  test('is what version 1 says, by the hierarchy of each controller', () => {
    const files = {
      '/memory/jail/memory.limit_in_bytes': '1048576\n',
      '/cpu/x/cpu.cfs_quota_us': '25000\n',
      '/cpu/x/cpu.cfs_period_us': '50000\n',
    }
    expect(limitsOf('4:memory:/jail\n1:cpu,cpuacct:/x\n', files)).toEqual({ memBytes: 1_048_576, cpus: 0.5 })
  })
})
