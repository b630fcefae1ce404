/** What the cgroups of a process leave it of the machine; null where they leave all. */
interface CgroupLimits {
  readonly memBytes: number | null
  /** Cores' worth of time: 0.5 is half of one. */
  readonly cpus: number | null
}

/** Where the hierarchies are mounted; version 1 has one for each controller. */
const mount = '/sys/fs/cgroup'

/**
 * The least that any of the cgroups allows in which a process is, from /proc/PID/cgroup (cgroups(7)) and the files of version 2
 * (`memory.max`, `cpu.max`) or 1 (`memory.limit_in_bytes`, `cpu.cfs_quota_us`): what is above them bounds them too. `read` gives
 * the text of a file, and none of one that cannot be read.
 */
export function cgroupLimitsOf(cgroups: string, read: (file: string) => string): CgroupLimits {
  const within = (root: string, file: string): readonly string[] =>
    pathsOf(cgroups, root).map((path) => read(`${mount}${root}${path}/${file}`).trim())
  const memory = [...within('', 'memory.max'), ...within('/memory', 'memory.limit_in_bytes')].map(Number)
  const quotas = within('/cpu', 'cpu.cfs_quota_us')
  const periods = within('/cpu', 'cpu.cfs_period_us')
  const cpus = [
    ...within('', 'cpu.max').map((text) => text.split(' ')),
    ...quotas.map((quota, index) => [quota, periods[index]]),
  ].map(([quota, period]) => Number(quota) / Number(period))
  return { memBytes: leastOf(memory), cpus: leastOf(cpus) }
}

/** The cgroup of a hierarchy, then all above it up to its root: that may be all that is mounted in a container. */
function pathsOf(cgroups: string, root: string): readonly string[] {
  const lines = cgroups.split('\n').map((line) => line.split(':'))
  const own = lines.find(([id, controllers = '']) =>
    root === '' ? id === '0' : controllers.split(',').includes(root.slice(1)),
  )
  const parts = (own?.slice(2).join(':') ?? '').split('/').filter((part) => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, above) =>
    parts
      .slice(0, parts.length - above)
      .map((part) => `/${part}`)
      .join(''),
  )
}

/** What is unlimited is no number, negative, or more than can be counted. */
function leastOf(values: readonly number[]): number | null {
  const limits = values.filter((value) => value > 0 && value < Number.MAX_SAFE_INTEGER)
  return limits.length === 0 ? null : Math.min(...limits)
}
