import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { nodeVersion } from '../kernel/host.ts'
import { significant } from '../kernel/units.ts'
import { cgroupLimitsOf } from './cgroup-limits.ts'
import { hostFingerprint, type ProfileDocument, profileFingerprint } from './fingerprint.ts'
import type { ResultEnvironment } from './result.ts'

/** Where a run takes place: the host, the build under test, and the two fingerprints. */
export function describeEnvironment({
  git,
  profile,
  mode,
}: {
  readonly git: { readonly sha: string; readonly dirty: boolean } | null
  /** The effective profile. */
  readonly profile: ProfileDocument
  readonly mode: string
}): ResultEnvironment {
  const cgroups = read('/proc/self/cgroup')
  const limits = cgroupLimitsOf(cgroups, read)
  const memBytes = totalmem()
  const host = {
    node: nodeVersion,
    os: `${type()} ${arch()}`,
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memBytes,
    cgroup: cgroupOf(cgroups),
    // Version 1 has a limit where there is none, larger than any machine.
    cgroupMemBytes: limits.memBytes !== null && limits.memBytes < memBytes ? limits.memBytes : null,
    cgroupCpus: limits.cpus && significant(limits.cpus),
    virtualisation: virtualisationOf(read('/sys/hypervisor/type'), read('/proc/cpuinfo')),
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor').trim() || null,
  }
  return {
    ...host,
    gitSha: git?.sha ?? null,
    gitDirty: git?.dirty ?? null,
    hostFingerprint: hostFingerprint(host),
    profileFingerprint: profileFingerprint(profile, mode),
  }
}

/** The cgroup that bounds a process, from /proc/PID/cgroup (cgroups(7)): v2's, or v1's for memory; null for the root. */
export function cgroupOf(text: string): string | null {
  const lines = text.split('\n').map((line) => line.split(':'))
  const unified = lines.find(([id]) => id === '0')
  const memory = lines.find(([, controllers = '']) => controllers.split(',').includes('memory'))
  const paths = [unified, memory].map((line) => line?.slice(2).join(':'))
  return paths.find((path) => path !== undefined && path !== '' && path !== '/') ?? null
}

/** The hypervisor by its name, `vm` where only the processor's flag tells of one, null where nothing does. */
export function virtualisationOf(hypervisor: string, cpuinfo: string): string | null {
  if (hypervisor.trim() !== '') return hypervisor.trim()
  return /^flags\s*:.*\bhypervisor\b/mu.test(cpuinfo) ? 'vm' : null
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not Linux, or not ours to read.
    return ''
  }
}
