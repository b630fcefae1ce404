import type { ArmMeasurement } from '../measure/measurements.ts'
import { highest } from '../profile/load-model.ts'
import type { ClosedModel, Curve, LoadModel } from '../workload/model.ts'

/** A level that does not change. */
export function steady(level: number): Curve {
  return { from: level, stages: [] }
}

/** Closed loops without a pause between iterations, each with a socket of its own. */
export function loops(workers: number): ClosedModel {
  return {
    model: 'closed',
    workers: steady(workers),
    think: { kind: 'none' },
    connections: null,
    iterations: null,
  }
}

/**
 * A model as the slices of baselines and policies carry it: at its highest level all the time, for as long as the slice
 * lasts. Stages and a number of iterations belong to the stress stage and to ad hoc load.
 */
export function flattened(model: LoadModel): LoadModel {
  if (model.model === 'closed') return { ...model, workers: steady(highest(model.workers)), iterations: null }
  const { rate } = model
  if (rate.kind === 'share') return { ...model, iterations: null }
  return { ...model, rate: { ...rate, perSecond: steady(highest(rate.perSecond)) }, iterations: null }
}

/** Iterations in flight at once, at most. */
export function mostInFlight(model: LoadModel): number {
  return model.model === 'closed' ? highest(model.workers) : model.maxInFlight
}

/** Sockets at once, at most, where each iteration may have so many attempts in flight at once. */
export function mostSockets(model: LoadModel, attempts: number): number {
  return Math.min(model.connections ?? Number.POSITIVE_INFINITY, mostInFlight(model) * attempts)
}

/**
 * A model with its rate as a number: a share is one of the iterations per second that ended in these closed loops, whether
 * they succeeded or not, and at least one in ten seconds.
 */
export function withRate(model: LoadModel, { throughput }: Pick<ArmMeasurement, 'throughput'>): LoadModel {
  if (model.model === 'closed' || model.rate.kind === 'absolute') return model
  const perSecond = throughput.ns === 0 ? 0 : (1e9 * throughput.iterations) / throughput.ns
  return { ...model, rate: { kind: 'absolute', perSecond: steady(Math.max(0.1, model.rate.share * perSecond)) } }
}

/** What is started and how much of it, for people. */
export function modelText(model: LoadModel): string {
  if (model.model === 'closed') {
    const { from, stages } = model.workers
    return stages.length === 0 ? `${from} workers` : `${from} to ${highest(model.workers)} workers`
  }
  const { rate, arrival } = model
  if (rate.kind === 'share') return `${Math.round(100 * rate.share)} % of the throughput, ${arrival} arrivals`
  const { from, stages } = rate.perSecond
  return `${stages.length === 0 ? from : `${from} to ${highest(rate.perSecond)}`}/s, ${arrival} arrivals`
}
