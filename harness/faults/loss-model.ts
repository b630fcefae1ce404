import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'
import type { LossModel } from './loss-process.ts'

type RawShare = string | number

/** The part of a `loss` that says what is lost, as a profile has it. */
export interface RawLossModel {
  readonly probability?: RawShare
  readonly burst?: number
  readonly gilbertElliott?: {
    readonly goodToBad: RawShare
    readonly badToGood: RawShare
    readonly lossGood?: RawShare
    readonly lossBad?: RawShare
  }
  readonly fourState?: {
    readonly p13: RawShare
    readonly p31?: RawShare
    readonly p32?: RawShare
    readonly p23?: RawShare
    readonly p14?: RawShare
  }
}

const share = (description: string): JsonSchema => quantitySchema('share', description)

export const lossModelSchemas: Readonly<Record<keyof RawLossModel, JsonSchema>> = {
  probability: share('share of segments or datagrams, each by itself'),
  burst: {
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    description: 'length of the run of losses that a hit begins, default 1; needs probability',
  },
  gilbertElliott: objectSchema(
    {
      goodToBad: share('chance of a step from the good state to the bad one'),
      badToGood: share('chance of a step back'),
      lossGood: share('loss in the good state, default 0'),
      lossBad: share('loss in the bad state, default 1'),
    },
    { required: ['goodToBad', 'badToGood'], description: 'Losses in bursts of random length: two states.' },
  ),
  fourState: objectSchema(
    {
      p13: share('chance that a burst begins'),
      p31: share('chance that a burst ends after a loss, default 1 - p13'),
      p32: share('chance that something passes within a burst, after a loss, default 0'),
      p23: share('chance of the next loss after that, default 1'),
      p14: share('chance of a loss by itself, default 0'),
    },
    {
      required: ['p13'],
      description: "netem's `loss state`: bursts that let something pass, and losses by themselves.",
    },
  ),
}

const ways = ['probability', 'gilbertElliott', 'fourState'] as const

/** Reads what is lost. Throws RangeError unless exactly one way of saying it is used, and used in full. */
export function parseLossModel(raw: RawLossModel): LossModel {
  const used = ways.filter((way) => raw[way] !== undefined)
  if (raw.burst !== undefined && raw.probability === undefined) {
    throw new RangeError('found burst without probability, allowed: burst only with a probability of what begins it')
  }
  if (used.length !== 1) {
    throw new RangeError(`found ${used.join(' and ') || 'none of them'}, allowed: exactly one of ${ways.join(', ')}`)
  }
  if (raw.gilbertElliott) return gilbertElliott(raw.gilbertElliott)
  if (raw.fourState) return fourState(raw.fourState)
  return { kind: 'random', probability: shareOf(raw.probability), burst: raw.burst ?? 1 }
}

function gilbertElliott(raw: NonNullable<RawLossModel['gilbertElliott']>): LossModel {
  return {
    kind: 'gilbertElliott',
    goodToBad: shareOf(raw.goodToBad),
    badToGood: shareOf(raw.badToGood),
    lossGood: shareOf(raw.lossGood ?? 0),
    lossBad: shareOf(raw.lossBad ?? 1),
  }
}

function fourState(raw: NonNullable<RawLossModel['fourState']>): LossModel {
  const p13 = shareOf(raw.p13)
  const [p31, p32] = [shareOf(raw.p31 ?? 1 - p13), shareOf(raw.p32 ?? 0)]
  const [p23, p14] = [shareOf(raw.p23 ?? 1), shareOf(raw.p14 ?? 0)]
  for (const [names, sum] of [
    ['p13 + p14', p13 + p14],
    ['p31 + p32', p31 + p32],
  ] as const) {
    if (sum > 1 + Number.EPSILON) throw new RangeError(`found ${names} = ${sum}, allowed: at most 1`)
  }
  return { kind: 'fourState', p13, p31, p32, p23, p14 }
}
