import type { FaultMember } from './fault.ts'

/**
 * The listener is closed: a connect is refused by the kernel (ECONNREFUSED), as by a port that nobody listens on.
 * Connections that are open stay so. Nobody can count the refusals; counted is how often the listener was closed.
 */
export const refused: FaultMember<boolean> = {
  keyword: 'refused',
  schema: { type: 'boolean', description: 'New connections are refused. False disables it' },
  directional: false,

  parse: (raw) => raw === true,

  active: (on) => on,

  listener: () => 'refused',

  expect: () => ({
    delayMs: null,
    firedShare: null,
    errorShare: 1,
    errorClasses: ['refused'],
    undelivered: null,
  }),
}
