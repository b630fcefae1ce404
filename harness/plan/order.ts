import { type Rng, shuffled } from '../kernel/rng.ts'
import type { ArmPath } from '../measure/arm.ts'
import type { Arm } from './arms.ts'

/**
 * The order of the slices of one target's life: seeded and random, in blocks of a baseline slice with up to two others
 * of the same path around it, so that each lies beside a baseline slice and slow drift of the machine cancels out.
 */
export function orderSlices(arms: readonly Arm[], slicesPerArm: number, rng: Rng): readonly Arm[] {
  const blocks = (['direct', 'relay'] as const).flatMap((path) => blocksOf(arms, path, slicesPerArm, rng.fork(path)))
  return shuffled(blocks, rng.fork('blocks')).flat()
}

function blocksOf(arms: readonly Arm[], path: ArmPath, slicesPerArm: number, rng: Rng): Arm[][] {
  const ofPath = arms.filter((arm) => arm.path === path)
  const baseline = ofPath.find(({ kind }) => kind === 'baseline')
  const others = ofPath.filter((arm) => arm !== baseline)
  const slices = shuffled(
    others.flatMap((arm) => Array.from({ length: slicesPerArm }, () => arm)),
    rng,
  )
  if (!baseline) return slices.map((slice) => [slice])
  const count = Math.max(slicesPerArm, Math.ceil(slices.length / 2))
  return Array.from({ length: count }, (_, index) => {
    const [before, after] = slices.slice(2 * index, 2 * index + 2)
    return [...(before ? [before] : []), baseline, ...(after ? [after] : [])]
  })
}
