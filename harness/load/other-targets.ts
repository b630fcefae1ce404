import type { WorkloadRequest } from '../workload/workload.ts'
import { type CrewOptions, driverContext } from './crew.ts'
import type { Driver, DriverContext, Prepared } from './driver.ts'
import type { OpenAnyDriver } from './drivers.ts'

/** Opens the driver of the target, and with it one for each other target that attempts may go to; none dials anybody. */
export async function openRoutedDriver(
  open: OpenAnyDriver,
  options: CrewOptions,
  connection: DriverContext['connection'],
  timeoutNs: number,
): Promise<Driver> {
  const driver = await open(driverContext(options, connection, timeoutNs))
  const { others = [] } = options
  if (others.length === 0) return driver
  const routes = new Map<string, Driver>()
  for (const other of others) routes.set(other.name, await open(driverContext(options, connection, timeoutNs, other)))
  return {
    prepare: (request) => driver.prepare(request),
    lane: (listener, user) => driver.lane(listener, user),
    others: routes,
    close() {
      driver.close()
      for (const other of routes.values()) other.close()
    },
  }
}

const prepared = new WeakMap<Driver, WeakMap<WorkloadRequest, Prepared>>()

/** A request made ready for a driver, once: what one driver has made ready may name its own target. */
export function preparedFor(driver: Driver, request: WorkloadRequest): Prepared {
  const known = prepared.get(driver) ?? new WeakMap<WorkloadRequest, Prepared>()
  prepared.set(driver, known)
  const made = known.get(request) ?? driver.prepare(request)
  known.set(request, made)
  return made
}
