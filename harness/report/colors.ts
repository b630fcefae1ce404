import picocolors from 'picocolors'
import type { Tone } from './arm-rows.ts'

export type Colors = ReturnType<typeof picocolors.createColors>

/** Colours, or functions that leave text as it is. */
export function colorsOf(enabled: boolean): Colors {
  return picocolors.createColors(enabled)
}

/** A text in the colour of its tone. */
export function toned(colors: Colors, tone: Tone, text: string): string {
  switch (tone) {
    case 'good':
      return colors.green(text)
    case 'bad':
      return colors.red(text)
    case 'unsure':
      return colors.yellow(text)
    case 'plain':
      return text
  }
}

const tones: Readonly<Record<string, Tone>> = {
  pass: 'good',
  same: 'good',
  inconclusive: 'unsure',
  fail: 'bad',
  void: 'bad',
}

/** A verdict line, bold and in the colour of its verdict. */
export function verdictInColor(colors: Colors, verdict: string, line: string): string {
  return colors.bold(toned(colors, tones[verdict] ?? 'plain', line))
}
