import { type Build, builds } from '../measure/arm.ts'
import type { Arm } from '../plan/arms.ts'
import type { Gate } from '../plan/gate.ts'
import { isSoakrigError, SoakrigError } from '../kernel/errors.ts'
import type { TargetExit } from '../target/running.ts'
import { type LifeOptions, startLife, type TargetLife } from './life.ts'

/** One life of every build that arms ask: that of the target, and those of its former build. */
export interface Builds extends AsyncDisposable {
  readonly target: TargetLife
  of(build: Build): TargetLife
  /** Resolves when a process that is asked ends by itself; with its name, where it is not the target. */
  readonly exited: Promise<TargetExit & { readonly name?: string }>
}

const texts: Readonly<Record<Exclude<Build, 'target'>, string>> = {
  again: 'again, the second process of the target',
  base: 'base, the former build',
  twin: 'twin, the second process of the former build',
  yardstick: "yardstick, soakrig's own server",
}

interface BuildsOptions extends Omit<LifeOptions, 'name'> {
  /** Null where no arm asks it. */
  readonly yardstick: Gate['yardstick']
}

/** Starts what the arms ask, the target first. Rejects as `startLife` does; what was started until then is ended. */
export async function startBuilds(options: BuildsOptions): Promise<Builds> {
  const { arms, index } = options
  const asked = builds.filter((build) => build === 'target' || arms.some((arm) => arm.build === build))
  const lives = new Map<Build, TargetLife>()
  const end = async (): Promise<void> => {
    await Promise.all([...lives.values()].map((life) => life[Symbol.asyncDispose]()))
  }
  try {
    for (const build of asked)
      lives.set(build, await startLife(lifeOf(build, options, index)).catch((error: unknown) => refuse(error, build)))
  } catch (error) {
    await end()
    throw error
  }
  const of = (build: Build): TargetLife => {
    const life = lives.get(build)
    if (!life) throw new Error(`no life of the build ${build} was started`)
    return life
  }
  return { target: of('target'), of, exited: Promise.race(asked.flatMap(exitsOf(of))), [Symbol.asyncDispose]: end }
}

/** Of what could not be started it is told which build it is, where it is not the target. */
function refuse(error: unknown, build: Build): never {
  if (build === 'target' || !isSoakrigError(error)) throw error
  const { code, exit, hint, problems, message } = error
  throw new SoakrigError(`${texts[build]}: ${message}`, {
    code,
    exit,
    problems,
    cause: error,
    ...(hint !== undefined && { hint }),
  })
}

function lifeOf(build: Build, { yardstick, ...options }: BuildsOptions, index: number): LifeOptions {
  const arms = options.arms.filter((arm: Arm) => arm.build === build)
  if (build === 'target') return { ...options, arms, name: `life-${index}` }
  return { ...options, arms, profile: profileOf(build, options.profile, yardstick), name: `life-${index}-${build}` }
}

function profileOf(
  build: Exclude<Build, 'target'>,
  profile: LifeOptions['profile'],
  yardstick: Gate['yardstick'],
): LifeOptions['profile'] {
  if (build === 'again') return { ...profile, others: [] }
  // Where there is no former build, as in a calibration, it is the target once more.
  if (build !== 'yardstick') return { ...profile, target: profile.base ?? profile.target, others: [] }
  if (yardstick === null) throw new Error('an arm asks a yardstick that there is none of')
  const { target, workload } = yardstick
  return { ...profile, target, workload, others: [], dependencies: [], policies: [] }
}

function exitsOf(of: (build: Build) => TargetLife) {
  return (build: Build): readonly Builds['exited'][] => {
    const { target, others } = of(build)
    const name = build === 'target' ? {} : { name: build }
    return [target.exited.then((exit) => ({ ...name, ...exit })), others.exited]
  }
}
