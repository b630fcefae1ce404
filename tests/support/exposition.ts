/** One sample of a scrape. */
export interface ScrapedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with its samples, those of a histogram under their own names. */
export interface ScrapedMetric {
  readonly type: string
  readonly samples: ScrapedSample[]
}

const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/u
const line = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label.source}(?:,${label.source})*)\\})? (\\S+)$`, 'u')

/**
 * Reads the text format 0.0.4 strictly: HELP and TYPE once and before the samples, samples of a metric in one group, no
 * series twice, counters that are called so, buckets that only grow and end with the count. Throws on anything else.
 */
export function parseExposition(text: string): ReadonlyMap<string, ScrapedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const metrics = new Map<string, ScrapedMetric>()
  const helped = new Set<string>()
  let current = ''
  for (const written of text.split('\n').filter((one) => one !== '')) {
    const header = /^# (HELP|TYPE) (\S+) (.+)$/u.exec(written)
    if (header) current = declare(metrics, helped, header)
    else addSample(metrics, current, written)
  }
  for (const [name, { type, samples }] of metrics) {
    const series = samples.map(seriesOf)
    if (new Set(series).size < series.length) throw new Error(`a series twice: ${name}`)
    if (type === 'histogram') checkBuckets(name, samples)
  }
  return metrics
}

/** Takes in a line of HELP or TYPE; returns the metric that it is of. */
function declare(
  metrics: Map<string, ScrapedMetric>,
  helped: Set<string>,
  [written, keyword, name = '', type = '']: readonly string[],
): string {
  const isNew = keyword === 'HELP' ? !helped.has(name) : helped.has(name) && !metrics.has(name)
  if (!isNew) throw new Error(`out of order: ${written}`)
  if (keyword === 'HELP') helped.add(name)
  else metrics.set(name, { type, samples: [] })
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`not the name of a counter: ${name}`)
  return name
}

function addSample(metrics: ReadonlyMap<string, ScrapedMetric>, current: string, written: string): void {
  const sample = sampleOf(written)
  const metric = metrics.get(current)
  const own = metric?.type === 'histogram' ? sample.name.replace(/_(?:bucket|sum|count)$/u, '') : sample.name
  if (own !== current || !metric) throw new Error(`in the wrong group: ${written}`)
  metric.samples.push(sample)
}

function seriesOf({ name, labels }: ScrapedSample): string {
  return [name, ...Object.entries(labels).map(String).toSorted()].join('\n')
}

/** The samples of a metric whose labels include these. */
export function samplesOf(
  metrics: ReadonlyMap<string, ScrapedMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): readonly ScrapedSample[] {
  const own = metrics.get(name) ?? metrics.get(name.replace(/_(?:bucket|sum|count)$/u, ''))
  if (!own) throw new Error(`no metric ${name}`)
  const wanted = Object.entries(labels)
  return own.samples.filter((one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value))
}

/** Their sum. */
export function sumOf(...of: Parameters<typeof samplesOf>): number {
  return samplesOf(...of).reduce((sum, { value }) => sum + value, 0)
}

function sampleOf(written: string): ScrapedSample {
  const [, name, labels = ''] = line.exec(written) ?? []
  const value = Number(written.slice(written.lastIndexOf(' ') + 1))
  if (name === undefined || Number.isNaN(value)) throw new Error(`no sample: ${written}`)
  const pairs = [...labels.matchAll(new RegExp(label, 'gu'))].map(([, key = '', text = '']) => [key, text] as const)
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`a label twice: ${written}`)
  return { name, labels: Object.fromEntries(pairs), value }
}

function checkBuckets(name: string, samples: readonly ScrapedSample[]): void {
  const labelled = ({ labels: { le: _, ...labels } }: ScrapedSample): string => JSON.stringify(labels)
  for (const [key, own] of Map.groupBy(samples, labelled)) {
    const buckets = own.filter((one) => one.name === `${name}_bucket`)
    const counts = own.filter((one) => one.name === `${name}_count`)
    const bounds = buckets.map(({ labels }) => Number((labels['le'] ?? '').replace('+Inf', 'Infinity')))
    const grows = (values: readonly number[], strictly: boolean): boolean =>
      values.every((value, at) => at === 0 || value - (values[at - 1] ?? 0) >= (strictly ? Number.MIN_VALUE : 0))
    const total = buckets.at(-1)?.value
    const whole = bounds.at(-1) === Number.POSITIVE_INFINITY && counts.length === 1 && counts[0]?.value === total
    if (
      !whole ||
      !grows(bounds, true) ||
      !grows(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`not the buckets of a histogram: ${name} ${key}`)
  }
}
