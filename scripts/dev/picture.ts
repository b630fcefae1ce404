import { writeFile } from 'node:fs/promises'
import { readResult, renderResult } from '../../harness/index.ts'

/** Draws an archived result as the terminal shows it: `node scripts/dev/picture.ts RESULT docs/images/report.svg`. */
const [source = '', file = ''] = process.argv.slice(2)

const colors: Readonly<Record<string, string>> = { '31': '#f07178', '32': '#a6da95', '33': '#eed49f', '2': '#8087a2' }
const ground = '#1e2030'
const plain = '#cad3f5'
const lineHeight = 17
const charWidth = 7.83

/** One stretch of a line in one colour. */
interface Span {
  readonly text: string
  readonly color: string
  readonly bold: boolean
}

/** Splits a line at its escape sequences (ECMA-48 SGR), of which the report uses few. */
function spansOf(line: string): Span[] {
  let color = plain
  let bold = false
  // The first part has no sequence before it.
  return line.split('\u001B[').flatMap((part, index): Span[] => {
    const end = index === 0 ? -1 : part.indexOf('m')
    if (end >= 0) {
      const code = part.slice(0, end)
      if (code === '1') bold = true
      else if (code === '22' || code === '0') bold = false
      color = colors[code] ?? (code === '39' || code === '0' || code === '22' ? plain : color)
    }
    const text = part.slice(end + 1)
    return text === '' ? [] : [{ text, color, bold }]
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const { result } = await readResult(source)
const lines = renderResult(result, { color: true, width: 120 }).split('\n').map(spansOf)
const columns = Math.max(...lines.map((spans) => spans.reduce((sum, { text }) => sum + text.length, 0)))
const [width, height] = [Math.ceil(columns * charWidth) + 32, lines.length * lineHeight + 32]
const rows = lines.map((spans, index) => {
  const parts = spans.map(
    ({ text, color, bold }) => `<tspan fill="${color}"${bold ? ' font-weight="bold"' : ''}>${escaped(text)}</tspan>`,
  )
  return `<text x="16" y="${28 + index * lineHeight}" xml:space="preserve">${parts.join('')}</text>`
})
const font = 'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13"'
await writeFile(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ${font}>\n<rect width="100%" height="100%" rx="8" fill="${ground}"/>\n${rows.join('\n')}\n</svg>\n`,
)
