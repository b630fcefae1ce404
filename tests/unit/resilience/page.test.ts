import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { parseClient, type RawClient } from '../../../harness/resilience/settings.ts'
import { members } from '../../../harness/resilience/members.ts'
import { createBench } from '../../support/fake-attempts.ts'
import { policyFixture, statelessPolicies } from '../../support/user-policies.ts'

const page = await readFile(new URL('../../../docs/policies.md', import.meta.url), 'utf8')

interface Example {
  readonly client?: RawClient
}

const examplesIn = (text: string): Example[] =>
  [...text.matchAll(/```json\n([\s\S]*?)```/gu)].map(
    ([, example = '']) => JSON.parse(example.replace('./policy.ts', policyFixture('three-calls'))) as Example,
  )

/** What stands under the heading of a policy. */
function sectionOf(keyword: string): string {
  const [, section = ''] = page.split(`\n## ${keyword}\n`)
  return section.split(/\n## /u, 1).join()
}

/** What is named in it as code. */
const namedIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/[`"](\w+(?:\.NAME)?)[`"]/gu)].map(([, name = '']) => name))

function profileOf(example: Example): object {
  const usual = { target: { builtin: 'http' }, workload: { requests: [{ path: '/' }] } }
  return 'policies' in example ? example : { ...usual, policies: { example } }
}

describe('docs/policies.md', () => {
  test.each(examplesIn(page).map((example) => [JSON.stringify(example), example] as const))(
    'has the valid example %s',
    (_text, example) => {
      expect(() => parseProfile(profileOf(example), { mode: 'long', flags: {}, env: {} })).not.toThrow()
    },
  )

  test.each(Object.values(members))('has a section on $keyword, with all settings and what it cannot do', (member) => {
    const section = sectionOf(member.keyword)
    expect(examplesIn(section)[0]?.client).toHaveProperty(member.keyword)
    expect(section).toContain('\nCannot: ')
    const { properties = {} } = member.schema as { readonly properties?: object }
    const named = namedIn(section)
    expect(Object.keys(properties).filter((key) => !named.has(key))).toEqual([])
  })

  test.each(Object.keys(members))('names all counts and peaks of %s', (keyword) => {
    const { client } = examplesIn(sectionOf(keyword))[0] as { readonly client: RawClient }
    const bench = createBench(client, 1, statelessPolicies)
    const named = namedIn(sectionOf(keyword))
    const told = [...Object.keys(bench.client.counters()), ...Object.keys(bench.client.takePeaks())]
    expect(told).not.toEqual([])
    expect(told.filter((name) => !named.has(name))).toEqual([])
  })

  test('tells the usual order', () => {
    const client = Object.assign(
      {},
      ...Object.keys(members).map((keyword) => examplesIn(sectionOf(keyword))[0]?.client),
    )
    const order = parseClient(client as RawClient).map(({ keyword }) => keyword)
    const [, told = ''] = /Outermost first: ([\s\S]*?)\. A list/u.exec(page) ?? []
    expect([...told.matchAll(/`(\w+)`/gu)].map(([, keyword]) => keyword)).toEqual(order)
  })
})
