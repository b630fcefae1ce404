/** What files from before the load models, and from before rules, did not measure is null or empty, never made up. */
const addedToArms = {
  schedule: null,
  iterations: null,
  errorTexts: {},
  failureTypes: {},
  correctedLatencyMs: null,
  sendLatenessMs: null,
  requests: [],
  protocolCounters: {},
  rules: {},
  faultCounters: {},
  askedDelayMs: null,
  others: {},
  policyPeaks: {},
  policyEvents: { kept: [], dropped: 0 },
  overheadWhyNone: null,
}

/** What lines of windows files from before did not have. */
const addedToWindows = { degraded: 0, threads: null, cpuCores: null, lows: null, faults: [], settling: false }

type Fields = Readonly<Record<string, unknown>>

/** Fills in what a line of the windows file of an earlier version lacks. */
export function lineWithLaterKeys(line: object): object {
  return { ...addedToWindows, ...line }
}

/** Fills in what files of an earlier version of this schema lack; anything that is not such a file is left as it is. */
export function withLaterKeys(document: unknown): unknown {
  if (!isObject(document)) return document
  return {
    ...withGuards(document),
    ...(isObject(document['env']) && { env: environment(document['env']) }),
    ...(isObject(document['reference']) && { reference: reference(document['reference']) }),
    ...(Array.isArray(document['phases']) && { phases: document['phases'].map(phase) }),
    ...(Array.isArray(document['slices']) && { slices: document['slices'].map(slice) }),
    ...(Array.isArray(document['ceilings']) && { ceilings: document['ceilings'].map(ceiling) }),
    ...(isObject(document['gate']) && { gate: gate(document['gate']) }),
  }
}

/** In its own place, since the order of the keys is part of the file. */
function withGuards(document: Fields): Fields {
  if ('guards' in document || !('doubts' in document)) return document
  const entries = Object.entries(document)
  const after = entries.findIndex(([key]) => key === 'doubts') + 1
  return Object.fromEntries(entries.toSpliced(after, 0, ['guards', []]))
}

/** What of the host was not read; its fingerprint was made of less, and is that of no host today. */
function environment(raw: Fields): unknown {
  const { cgroup, virtualisation, gitSha, gitDirty, hostFingerprint, profileFingerprint, ...others } = raw
  const limits = { cgroupMemBytes: null, cgroupCpus: null }
  const build = { gitSha, gitDirty, hostFingerprint, profileFingerprint }
  return 'governor' in raw ? raw : { ...others, cgroup, ...limits, virtualisation, governor: null, ...build }
}

/** Before references decided anything a result named one; what that was measured to be is not in it. */
function reference(raw: Fields): unknown {
  if ('kind' in raw) return 'history' in raw ? raw : withHistory(raw)
  const { id, file, sha256, whyNone } = raw
  const none = typeof id !== 'string'
  return {
    kind: none ? 'none' : 'newest',
    asked: null,
    whyNone,
    results: none ? [] : [{ id, file, sha256, estimands: [] }],
    history: null,
    leftOut: [],
    sameHost: true,
    verdict: null,
    why: null,
    comparisons: [],
    notCompared: [],
  }
}

/** In its own place; before there was one, a single result told nothing of what nights differ by. */
function withHistory({ kind, asked, whyNone, results, ...others }: Fields): Fields {
  return { kind, asked, whyNone, results, history: null, ...others }
}

function phase(raw: unknown): unknown {
  return isObject(raw) && Array.isArray(raw['arms']) ? { ...raw, arms: raw['arms'].map(arm) } : raw
}

function arm(raw: unknown): unknown {
  if (!isObject(raw)) return raw
  const all = isObject(raw['all']) ? { iterations: null, ...raw['all'] } : raw['all']
  return { ...addedToArms, ...raw, all }
}

function slice(raw: unknown): unknown {
  return isObject(raw) ? { use: 'both', ...raw } : raw
}

/** What is only renamed would else be told as another answer when the file is judged again. */
function ceiling(raw: unknown): unknown {
  return isObject(raw) && raw['scope'] === 'worst window of the stress stage' ? { ...raw, scope: 'worst window' } : raw
}

/** In its own place, as in the files of today. */
function gate({ verdict, rounds, looks, pairings, controls, ...others }: Fields): Fields {
  return { verdict, rounds, looks, pairings, controls, yardstick: null, ...others }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
