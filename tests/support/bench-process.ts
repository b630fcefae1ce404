import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process with all its threads so far, in ms, to the nanosecond (schedstat, where /proc/PID/stat counts ticks of 10 ms). */
export function cpuOfProcessMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [ranNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return sum + Number(ranNs) / 1e6
  }, 0)
}

/** Resident memory of a process in KiB. */
export function residentKb(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
