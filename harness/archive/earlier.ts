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

type Fields = Readonly<Record<string, unknown>>

/** Fills in what files of an earlier version of this schema lack; anything that is not such a file is left as it is. */
export function withLaterKeys(document: unknown): unknown {
  if (!isObject(document)) return document
  return {
    ...withGuards(document),
    ...(Array.isArray(document['phases']) && { phases: document['phases'].map(phase) }),
    ...(Array.isArray(document['slices']) && { slices: document['slices'].map(slice) }),
  }
}

/** In its own place, since the order of the keys is part of the file. */
function withGuards(document: Fields): Fields {
  if ('guards' in document || !('doubts' in document)) return document
  const entries = Object.entries(document)
  const after = entries.findIndex(([key]) => key === 'doubts') + 1
  return Object.fromEntries(entries.toSpliced(after, 0, ['guards', []]))
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

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
