import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { promisify } from 'node:util'
import type { LookedUp, Lookups } from './lookups.ts'
import { isOwn } from './own-calls.ts'

type Told = (error: Error | null, address?: string | LookupAddress[], family?: number) => void
type CallbackLookup = (name: string, options: unknown, told?: Told) => unknown
type PromiseLookup = (name: string, options?: unknown) => Promise<LookupAddress | LookupAddress[]>

/** Puts faults before `dns.lookup` and `dns.promises.lookup`; names that no rule is for go straight to them. */
export function patchDns(lookups: Lookups): void {
  const original = dns.lookup as CallbackLookup
  const originalPromise = dns.promises.lookup as PromiseLookup
  const isLeftAlone = (name: unknown): boolean => typeof name !== 'string' || isOwn() || !lookups.concerns(name)

  const lookup: CallbackLookup = (name, options, told) => {
    const callback = typeof options === 'function' ? (options as Told) : told
    if (isLeftAlone(name) || typeof callback !== 'function') return original(name, options, told)
    const { family, all } = optionsOf(options)
    lookups.look(name, family, (what) => {
      // Never within the call, as of the original.
      if (what.kind === 'honest') original(name, typeof options === 'function' ? {} : options, callback)
      else queueMicrotask(() => tell(what, all, callback))
    })
    return {}
  }
  const lookupPromise: PromiseLookup = (name, options) => {
    if (isLeftAlone(name)) return originalPromise(name, options)
    return new Promise((resolve, reject) => {
      const { family, all } = optionsOf(options)
      lookups.look(name, family, (what) => {
        if (what.kind === 'honest') originalPromise(name, options).then(resolve, reject)
        else if (what.kind === 'failed') reject(what.error)
        else resolve(all ? [addressOf(what)] : addressOf(what))
      })
    })
  }
  Object.defineProperty(lookup, promisify.custom, { value: lookupPromise })
  Object.assign(dns, { lookup })
  Object.assign(dns.promises, { lookup: lookupPromise })
}

function optionsOf(options: unknown): { readonly family: number; readonly all: boolean } {
  if (typeof options === 'number') return { family: options, all: false }
  const { family, all = false } = (typeof options === 'object' && options ? options : {}) as LookupOptions
  return { family: family === 'IPv6' || family === 6 ? 6 : 0, all }
}

function addressOf({ address, family }: Extract<LookedUp, { kind: 'address' }>): LookupAddress {
  return { address, family }
}

function tell(what: Exclude<LookedUp, { kind: 'honest' }>, all: boolean, told: Told): void {
  if (what.kind === 'failed') told(what.error)
  else if (all) told(null, [addressOf(what)])
  else told(null, what.address, what.family)
}
