import { isRecord } from '../kernel/json.ts'
import type { Document } from './document.ts'

const targetKinds = ['builtin', 'command', 'url']

/** What a load may have models of its own for. */
const loadPurposes = ['throughput', 'latency']

/** What a workload asks is one of these. */
const workloadSources = ['requests', 'scenarios', 'script']

/** What means the same to every protocol. */
const everyProtocol = ['timeout', 'variables', 'feeds']

/** Keys that speak of a file itself, and so are not handed on. */
const ownKeys = ['$schema', 'extends', 'name']

/** A profile over the one that it extends: objects are merged, everything else replaces. The base's name is not taken. */
export function extended(base: Document, own: Document): Document {
  const inherited = Object.fromEntries(Object.entries(base).filter(([key]) => !ownKeys.includes(key)))
  const { target, targets, load, workload, ...others } = inherited
  return merged(
    {
      ...others,
      ...(own['targets'] === undefined && sameKind(own['target'], target) && { target }),
      ...(own['target'] === undefined && isRecord(targets) && { targets: targetsFor(own['targets'], targets) }),
      ...(workload !== undefined && { workload: workloadFor(own['workload'], workload) }),
      ...(load !== undefined && { load: loadFor(own['load'], load) }),
    },
    own,
  ) as Document
}

/** What of a base's workload means something to one that changes it: one of its own requests, or of its own protocol. */
function workloadFor(own: unknown, base: unknown): unknown {
  if (!isRecord(own) || !isRecord(base)) return base
  const { protocol = base['protocol'] } = own
  const sameProtocol = (protocol ?? 'http') === (base['protocol'] ?? 'http')
  const asksItself = workloadSources.some((key) => key in own)
  return Object.fromEntries(
    Object.entries(base).filter(
      ([key]) => (sameProtocol || everyProtocol.includes(key)) && !(asksItself && workloadSources.includes(key)),
    ),
  )
}

/** Settings of one kind of target mean nothing to another. */
function sameKind(own: unknown, base: unknown): boolean {
  return base !== undefined && (kindOf(own) === undefined || kindOf(own) === kindOf(base))
}

/** What of a base's targets means something to a profile that has these of its own; each keeps its place, since the first is tested. */
function targetsFor(own: unknown, base: Document): Document {
  if (!isRecord(own)) return base
  return Object.fromEntries(Object.entries(base).map(([name, one]) => [name, sameKind(own[name], one) ? one : {}]))
}

function kindOf(target: unknown): string | undefined {
  return isRecord(target) ? targetKinds.find((kind) => kind in target) : undefined
}

/** What of a base's load means something to one that changes it: nor do settings of one load model to another. */
function loadFor(own: unknown, base: unknown): unknown {
  if (!isRecord(own) || !isRecord(base)) return base
  const { processes: _, ...model } = own
  if (Object.keys(model).length === 0) return base
  const kept = 'processes' in base ? { processes: base['processes'] } : {}
  if (isSplit(own) !== isSplit(base)) return kept
  if (!isSplit(own)) return isOtherModel(own, base) ? kept : base
  const models = loadPurposes.filter((purpose) => !isOtherModel(own[purpose], base[purpose]))
  return { ...kept, ...Object.fromEntries(models.map((purpose) => [purpose, base[purpose]])) }
}

function isSplit(load: Document): boolean {
  return loadPurposes.some((purpose) => purpose in load)
}

function isOtherModel(own: unknown, base: unknown): boolean {
  return isRecord(own) && isRecord(base) && own['model'] !== undefined && own['model'] !== (base['model'] ?? 'closed')
}

/** Objects are merged, everything else replaces. */
function merged(base: unknown, own: unknown): unknown {
  if (own === undefined) return base
  if (!isRecord(base) || !isRecord(own)) return own
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])]
  return Object.fromEntries(keys.map((key) => [key, merged(base[key], own[key])]))
}
