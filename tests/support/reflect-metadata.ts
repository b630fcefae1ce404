/**
 * The part of the `reflect-metadata` polyfill that tsyringe, on which @peculiar/x509 is built, wants to find. Importing this
 * file before that package is enough.
 */
const metadata = new WeakMap<object, Map<unknown, unknown>>()

function getOwnMetadata(key: unknown, target: object): unknown {
  return metadata.get(target)?.get(key)
}

function getMetadata(key: unknown, target: object | null): unknown {
  for (let at = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    if (metadata.get(at)?.has(key)) return getOwnMetadata(key, at)
  }
  return undefined
}

function defineMetadata(key: unknown, value: unknown, target: object): void {
  const own = metadata.get(target) ?? new Map<unknown, unknown>()
  metadata.set(target, own.set(key, value))
}

Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata })
