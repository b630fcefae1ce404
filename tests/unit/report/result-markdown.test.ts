import { expect, test } from 'vitest'
import { renderMarkdown } from '../../../harness/report/result-markdown.ts'
import { exampleResult, loadResult } from '../../fixtures/results/example.ts'

test('a pull request shows verdict and arms, and folds the rest', () => {
  const text = renderMarkdown(exampleResult())
  expect(text.slice(0, text.indexOf('<details>'))).toMatchInlineSnapshot(`
    "## soakrig default smoke: pass

    **pass (not compared: no earlier smoke of default)**

    | arm | path | ok/s | p50 ms | p99 ms | errors | fired | effect | bounds |
    | --- | --- | ---: | ---: | ---: | --- | --- | --- | --- |
    | baseline | direct | 20,000 | 0.2 | 0.279 | 0% | - | - | - |
    | baseline | relay | 10,000 | 0.4 | 0.558 | 0% | - | - | - |
    | baseline control | direct | 19,600 | 0.205 | 0.286 | 0% | - | - | - |
    | policy.latency | relay | 146 | 41.1 | 41.4 | 0% | latency 292/292 | ok | ok |
    | policy.retry client | direct | 18,667 | 0.21 | 0.294 | 0% | - | - | - |
    | policy.retry fault | relay | 8,873 | 0.42 | 0.587 | 4.93% reset | reset 690/18667 | ok | - |
    | policy.retry | relay | 8,667 | 0.45 | 0.779 | 0% | reset 905/18200 | ok | ok |
    | stress | direct | 20,000 | 0.2 | 0.311 | 0% | - | - | - |

    p50 and p99 are of all operations, failed and refused ones at their own time

    "
  `)
  expect(text).toContain('<summary>Details</summary>')
  expect(text.indexOf('#### ceilings')).toBeGreaterThan(text.indexOf('<details>'))
})

test('reasons are not folded', () => {
  const result = exampleResult()
  Object.assign(result.run, { verdict: 'void', exitCode: 114, reasons: ['fault-path-dead: nothing fired'] })
  const text = renderMarkdown(result)
  expect(text).toContain('## soakrig default smoke: void')
  expect(text.slice(0, text.indexOf('<details>'))).toContain('### reasons\n\n- fault-path-dead: nothing fired')
})

test('what a target says cannot become markup', () => {
  const result = exampleResult()
  result.target.exit = { code: 1, signal: null, tail: ['<img src=x> | `a` *b* [c](d)'] }
  expect(renderMarkdown(result)).toContain(String.raw`&lt;img src=x&gt; \| \`a\` \*b\* \[c\](d)`)
})

test('of ad hoc load the figures are not folded, tables among them', () => {
  const text = renderMarkdown(loadResult())
  const [shown, folded] = [text.slice(0, text.indexOf('<details>')), text.slice(text.indexOf('<details>'))]
  expect(shown).toContain('### figures\n\n- load/baseline-direct: 495 ok/s')
  expect(shown).toContain(
    [
      '### latency in ms',
      '',
      '| load/baseline-direct | mean | p50 | p90 | p95 | p99 | p99.9 | max |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| from intended start (corrected) |',
    ].join('\n'),
  )
  expect(shown).toContain('### errors')
  expect(folded).toContain('#### ceilings')
  expect(folded).not.toContain('### figures')
})

test('a run with nothing to fold folds nothing', () => {
  const result = loadResult()
  Object.assign(result, { ceilings: [], thresholds: [], doubts: [], comparisons: [] })
  result.plan.notMeasured = []
  expect(renderMarkdown(result)).not.toContain('<details>')
})
