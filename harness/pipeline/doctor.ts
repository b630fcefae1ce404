import type { Clock } from '../kernel/clock.ts'
import { isAbort } from '../kernel/abort.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { newRunId, nodeVersion, ownPid } from '../kernel/host.ts'
import { canaryDoubts } from '../judge/doubts.ts'
import type { Check } from '../measure/check.ts'
import { compilePlan } from '../plan/plan.ts'
import type { Profile } from '../profile/profile.ts'
import { checkFileLimit, checkResults } from './preflight.ts'
import { parseProfile } from '../profile/parse.ts'
import { openRunDirectory } from '../run/run-directory.ts'
import { openSession } from '../run/session.ts'
import { createProcessSampler } from '../target/sample.ts'

/** Files that an ordinary run opens at the same time, generously. */
const ordinaryFiles = 1024

export interface DoctorOptions {
  readonly clock: Clock
  readonly resultsDir: string
  readonly signal: AbortSignal
}

/** Checks what runs need here: the runtime, limits, memory readings, the results directory, and a fault path that is live. */
export async function diagnose({ clock, resultsDir, signal }: DoctorOptions): Promise<readonly Check[]> {
  return [
    checkNode(),
    await attempt('memory of a process can be read', async () => {
      const { memoryKb, missing } = await createProcessSampler(ownPid, clock).sample()
      if (memoryKb === null) throw new Error(missing)
      return `${memoryKb} KiB for this process`
    }),
    await attempt('file limit', async () => checkFileLimit(ordinaryFiles)),
    await attempt('results directory', async () => checkResults(resultsDir)),
    await attempt('fault path', () => checkFaultPath({ clock, resultsDir, signal }), signal),
  ]
}

async function attempt(name: string, check: () => Promise<string>, signal?: AbortSignal): Promise<Check> {
  try {
    return { name, ok: true, detail: await check() }
  } catch (error) {
    if (isAbort(error, signal)) throw new SoakrigError('ended by a signal', { code: 'aborted', exit: 'aborted' })
    return { name, ok: false, detail: messageOf(error) }
  }
}

function checkNode(): Check {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const ok = major > 22 || (major === 22 && minor >= 18)
  return { name: 'Node', ok, detail: ok ? nodeVersion : `${nodeVersion} is too old: 22.18 or newer is needed` }
}

/** Sends a worker through a relay that resets every exchange: each must fail by it. */
async function checkFaultPath({ clock, resultsDir, signal }: DoctorOptions): Promise<string> {
  const profile: Profile = parseProfile(
    { name: 'doctor', target: { builtin: 'http' } },
    { flags: {}, env: {}, mode: 'smoke' },
  )
  const plan = compilePlan(profile, { baseline: true, policies: false, stress: false })
  const { canary } = plan
  if (!canary) throw new Error('the plan has no canary')
  const directory = await openRunDirectory({ resultsDir, runId: newRunId(), clock })
  try {
    const options = { plan, directory, clock, signal, allowedHosts: [], sabotage: null, onWindow: () => {} }
    await using session = await openSession(options)
    await session.openLife([canary.arm])
    const { arm, model, use } = canary
    const measured = await session.slice(arm, { round: 0, order: 0, model, use })
    const [dead] = canaryDoubts(measured)
    if (dead) throw new Error(dead.detail)
    return `a reset on every exchange hit ${measured.tallies['reset']?.fired ?? 0} of ${measured.all.attempts.count} attempts`
  } finally {
    await directory.close({ keep: false })
  }
}
