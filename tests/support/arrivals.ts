import { steady } from '../../harness/plan/models.ts'
import type { Curve, OpenModel } from '../../harness/workload/model.ts'

/** An open model of evenly spaced arrivals per second. */
export function arrivals(perSecond: Curve | number, changes: Partial<OpenModel> = {}): OpenModel {
  const curve = typeof perSecond === 'number' ? steady(perSecond) : perSecond
  return {
    model: 'open',
    rate: { kind: 'absolute', perSecond: curve },
    arrival: 'constant',
    maxInFlight: 1000,
    connections: null,
    iterations: null,
    ...changes,
  }
}
