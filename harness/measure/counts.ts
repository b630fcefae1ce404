/** Operations are what the caller asked for; every one ends as exactly one of ok, failed, cutOff. */
export interface OperationCounts {
  count: number
  ok: number
  failed: number
  /** Answered by a fallback. */
  degraded: number
  /** Still running when the drain ended: neither ok nor failed. */
  cutOff: number
}

/** Attempts are wire requests: one or more per operation, none where a policy or the pool refused it. Each is counted at its end. */
export interface AttemptCounts {
  count: number
  failed: number
  /** Ended by ourselves: by a timeout policy, or at the end of the drain. The target may or may not have seen them. */
  cancelled: number
}

/** Attempts that went to another target than the first; they are among all attempts. */
export interface TargetCounts extends AttemptCounts {
  /** Failed ones by error class. */
  readonly errors: Record<string, number>
  /** Requests sent a second time, as in `staleReconnects`. */
  resent: number
}

/** Iterations are what a load model starts: one operation of a plain request, or the steps of a scenario or script. */
export interface IterationCounts {
  /** Started; each ends as ok, failed or interrupted. */
  count: number
  ok: number
  /** Ended by a step that failed. */
  failed: number
  /** Not at its end when the load ended. */
  interrupted: number
  /** Due by the schedule and not started, since too many were in flight. */
  dropped: number
}

/** Everything counted of an arm over some time; all fields only grow. */
export interface Counts {
  readonly iterations: IterationCounts
  readonly operations: OperationCounts
  readonly attempts: AttemptCounts
  /** Failed operations by error class. */
  readonly errors: Record<string, number>
  /** The same by the kind of trouble, as far as class and status tell. */
  readonly failureTypes: Record<string, number>
  /** Failed attempts by error class. */
  readonly attemptErrors: Record<string, number>
  readonly wire: WireCounts
  /** By the name of another target; empty where none was asked. */
  readonly elsewhere: Record<string, TargetCounts>
  /** By the name of the request. */
  readonly requests: Record<string, RequestCounts>
}

/** What happened on the sockets. */
export interface WireCounts {
  bytesSent: number
  bytesReceived: number
  connects: number
  /** Requests sent a second time because an idle connection had been closed under them. */
  staleReconnects: number
}

/** Attempts that were answered as they should, and operations, of one named request. */
export interface RequestCounts {
  responses: number
  bytesReceived: number
  ok: number
  failed: number
}

/** Counts of a request that was not sent yet. */
export function emptyRequest(): RequestCounts {
  return { responses: 0, bytesReceived: 0, ok: 0, failed: 0 }
}

/** Counts of a target that was not asked yet. */
export function emptyTarget(): TargetCounts {
  return { count: 0, failed: 0, cancelled: 0, resent: 0, errors: {} }
}

/** Counts of nothing yet, for a workload of these requests. */
export function emptyCounts(requests: readonly string[]): Counts {
  return {
    iterations: { count: 0, ok: 0, failed: 0, interrupted: 0, dropped: 0 },
    operations: { count: 0, ok: 0, failed: 0, degraded: 0, cutOff: 0 },
    attempts: { count: 0, failed: 0, cancelled: 0 },
    errors: {},
    failureTypes: {},
    attemptErrors: {},
    wire: { bytesSent: 0, bytesReceived: 0, connects: 0, staleReconnects: 0 },
    elsewhere: {},
    requests: Object.fromEntries(requests.map((name) => [name, emptyRequest()])),
  }
}

/** The sum of two counts of the same workload. */
export function addCounts(a: Counts, b: Counts): Counts {
  return {
    iterations: addFields(a.iterations, b.iterations),
    operations: addFields(a.operations, b.operations),
    attempts: addFields(a.attempts, b.attempts),
    errors: addRecords(a.errors, b.errors),
    failureTypes: addRecords(a.failureTypes, b.failureTypes),
    attemptErrors: addRecords(a.attemptErrors, b.attemptErrors),
    wire: addFields(a.wire, b.wire),
    elsewhere: addByName(a.elsewhere, b.elsewhere, emptyTarget, addTargets),
    requests: addByName(a.requests, b.requests, emptyRequest, addFields),
  }
}

function addByName<Item>(
  a: Readonly<Record<string, Item>>,
  b: Readonly<Record<string, Item>>,
  empty: () => Item,
  add: (one: Item, other: Item) => Item,
): Record<string, Item> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(names.map((name) => [name, add(a[name] ?? empty(), b[name] ?? empty())]))
}

function addTargets({ errors, ...a }: TargetCounts, { errors: more, ...b }: TargetCounts): TargetCounts {
  return { ...addFields(a, b), errors: addRecords(errors, more) }
}

function addFields<Fields extends object>(a: Fields, b: Fields): Fields {
  return addRecords(a as Record<string, number>, b as Record<string, number>) as Fields
}

/** Adds numbers by key; a key that is missing counts as 0. */
export function addRecords(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(keys.map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]))
}

/** What numbers that only grow have grown by since `before`. */
export function subtractRecords(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)]))
}

/** The higher of two by key. */
export function maxRecords(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(keys.map((key) => [key, Math.max(a[key] ?? 0, b[key] ?? 0)]))
}

/** Counts one more under a key. */
export function increment(record: Record<string, number>, key: string): void {
  record[key] = (record[key] ?? 0) + 1
}
