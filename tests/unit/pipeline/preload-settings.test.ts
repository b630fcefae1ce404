import { describe, expect, test } from 'vitest'
import { preloadEnvironment } from '../../../harness/pipeline/preload/environment.ts'
import { faultsVariable, readPreloadSettings } from '../../../harness/pipeline/preload/settings.ts'

const rules = [{ name: 'slow', fault: { latency: { delay: '5ms' } }, schedule: { from: '1s' } }]

test('settings have rules as a policy has them, and a seed', () => {
  expect(readPreloadSettings(JSON.stringify({ rules }))).toMatchObject({
    seed: 1,
    rules: [{ name: 'slow', priority: 100 }],
    allowedHosts: [],
    report: null,
  })
})

test('what soakrig hands on is read as it was, and follows what the environment had', () => {
  const settings = readPreloadSettings(JSON.stringify({ rules, seed: 'x', allowHosts: ['a.test'], report: 'r.json' }))
  const environment = preloadEnvironment(settings, '--no-warnings')
  expect(readPreloadSettings(environment[faultsVariable])).toEqual(settings)
  expect(environment['NODE_OPTIONS']).toMatch(/^--no-warnings --import=file:.*\/preload\/process\.ts$/u)
})

describe('a mistake', () => {
  const problems = (document: unknown): unknown => {
    try {
      readPreloadSettings(JSON.stringify(document))
      return []
    } catch (error) {
      return error
    }
  }

  test('is told with its place, all of them at once', () => {
    expect(problems({ rules: [{ fault: { latency: {} } }], seed: 1.5, report: '', allowHosts: 'a' })).toMatchObject({
      code: 'bad-preload',
      exitCode: 104,
      problems: [
        { where: '/seed', message: 'found 1.5, allowed: a whole number or a text' },
        { where: '/report' },
        { where: '/allowHosts' },
        { where: expect.stringContaining('/rules/0/fault/latency') },
      ],
    })
  })

  test('is also what could never act on the calls of a program (P12)', () => {
    expect(
      problems({ rules: [{ fault: { unreachable: { probability: 1 } }, match: { sni: 'a.test' } }] }),
    ).toMatchObject({
      problems: [{ where: '/rules/0/match/sni' }],
    })
  })

  test.each([
    ['a fault that does nothing', { rules: [{ fault: { latency: { delay: '0ms' } } }] }, 'rule-1 changes nothing'],
    ['a fault of a target', { rules: [{ fault: { kill: {} } }] }, 'found kill, which acts on a target'],
    ['a key that there is not', { rule: [] }, 'did you mean "rules"'],
  ])('is %s (P12, F38)', (_what, document, message) => {
    const told = expect.objectContaining({ message: expect.stringContaining(message) })
    expect(problems(document)).toMatchObject({ exitCode: 104, problems: expect.arrayContaining([told]) })
  })

  test.each([[undefined], [' '], ['[]'], ['{"rules"'], ['@/no/such/file']])('is %j', (variable) => {
    expect(() => readPreloadSettings(variable)).toThrow(/SOAKRIG_FAULTS: it /u)
  })
})
