import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { activeFaults, faultDefinitions, faultTable, parseFaults } from '../../../harness/faults/faults.ts'
import { presetNames, presetOf } from '../../../harness/faults/presets.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const page = await readFile(new URL('../../../docs/faults.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/gu)].map(([, text = '']) => text.trim())

/** What stands under the heading of a fault. */
function sectionOf(keyword: string): string {
  const [, section = ''] = page.split(`\n### ${keyword}\n`)
  return section.split(/\n##/u, 1).join()
}

/** The profile that an example is a part of: itself, or one with it as its policy. */
function profileOf(example: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if ('policies' in example) return example
  const { fault } = example
  const onDatagrams = activeFaults(parseFaults((fault ?? {}) as Record<string, unknown>)).some(
    (active) =>
      active.fault.datagram !== undefined && active.fault.stream === undefined && active.fault.connection === undefined,
  )
  const requests = onDatagrams ? [{ size: '200b' }] : [{ path: '/checkout', method: 'POST' }]
  return {
    target: { builtin: onDatagrams ? 'udp' : 'http' },
    workload: { protocol: onDatagrams ? 'udp' : 'http', requests },
    policies: { example },
  }
}

describe('docs/faults.md', () => {
  test.each(examples)('has the valid example %s', (text) => {
    const example = JSON.parse(text) as Record<string, unknown>
    expect(() => parseProfile(profileOf(example), { mode: 'long', flags: {}, env: {} })).not.toThrow()
  })

  test.each(Object.keys(faultTable))('has a section on %s, with an example and what it cannot emulate', (keyword) => {
    const section = sectionOf(keyword)
    expect(section).toContain(`"${keyword}"`)
    expect(section).toContain('\nCannot emulate: ')
    expect(page).toContain(`\n| \`${keyword}\` | `)
  })

  test.each(Object.entries(faultDefinitions))('names every setting of %s', (keyword, schema) => {
    const { properties } = (schema['then'] ?? schema) as { readonly properties?: object }
    const section = sectionOf(keyword)
    const unsaid = Object.keys(properties ?? {}).filter((key) => !new RegExp(`[\`"]${key}[\`"]`, 'u').test(section))
    expect(unsaid).toEqual([])
  })

  test('has every preset with its round trip and its source', () => {
    const rows = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gmu)]
    const told = rows.map(([, name, , , roundTripMs, , source]) => ({ name, roundTripMs, source }))
    const known = presetNames.map((name) => {
      const { roundTripMs, source } = presetOf(name)!
      return { name, roundTripMs: String(roundTripMs ?? '-'), source }
    })
    expect(told).toEqual(known)
  })
})
