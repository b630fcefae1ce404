import type { FaultMember } from './fault.ts'

/**
 * The listener is deaf: the SYN of a new connection gets no answer, so that a connect neither succeeds nor fails until the
 * client gives up. When the fault is lifted, the kernel's next repetition of a SYN succeeds: 1, 3, 7, 15 s … after the
 * first. Connections that are open stay so. Nobody can count the SYNs; counted is how often the listener was made deaf.
 */
export const connectTimeout: FaultMember<boolean> = {
  keyword: 'connectTimeout',
  schema: { type: 'boolean', description: 'New connections get no answer to their handshake. False disables it' },
  directional: false,

  parse: (raw) => raw === true,

  active: (on) => on,

  listener: () => 'deaf',

  expect: () => ({
    delayMs: null,
    firedShare: null,
    errorShare: 1,
    errorClasses: ['timeout', 'connect'],
    undelivered: null,
  }),
}
