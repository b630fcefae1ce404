import { describe, expect, test } from 'vitest'
import { asShellText, shellWords } from '../../../../harness/workload/import/shell-words.ts'

const words = (text: string): readonly (readonly string[])[] => shellWords(text).commands

describe('the words of a shell text', () => {
  test.each<[string, string, readonly string[]]>([
    ['blanks', "  curl\t-X  POST 'a b' ", ['curl', '-X', 'POST', 'a b']],
    ['single quotes', `'a "b" \\n $x' 'c''d'`, ['a "b" \\n $x', 'cd']],
    ['double quotes', `"a 'b' \\" \\\\ \\$x \\\` \\n"`, [`a 'b' " \\ $x \` \\n`]],
    ['quotes within a word', `a'b'"c"d`, ['abcd']],
    ['empty words', `'' "" a`, ['', '', 'a']],
    ['escapes', `a\\ b \\'c \\\\ \\$x \\#`, ['a b', "'c", '\\', '$x', '#']],
    ['lines that go on', 'curl \\\n  -d "a\\\nb" \\\r\n c', ['curl', '-d', 'ab', 'c']],
    ['ANSI-C quotes', `$'a\\n\\t\\'\\"\\\\ \\x41\\101\\u00e9\\U0001F600 \\q'`, [`a\n\t'"\\ AA\u00e9\u{1F600} \\q`]],
    ['locale quotes', `$"a b"`, ['a b']],
    ['line breaks in quotes', `'a\nb'`, ['a\nb']],
    ['a dollar that is no variable', `'$' a$ $1 "5$"`, ['$', 'a$', '$1', '5$']],
    ['a hash within a word', 'http://a/#b # comment', ['http://a/#b']],
  ])('heed %s', (_, text, expected) => {
    expect(words(text)).toEqual([expected])
  })

  test('end with their command', () => {
    expect(words('a 1\nb 2; c 3 && d 4 || e | f & g\n\n# h\n')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '4'],
      ['e'],
      ['f'],
      ['g'],
    ])
  })

  test('keep variables as references', () => {
    const [[first = '', second = '', third = ''] = []] = words(`$TOKEN "x \${NAME_2}" 'y $Z'`)
    expect([first, second, third].map(asShellText)).toEqual(['$TOKEN', 'x $NAME_2', 'y $Z'])
    expect(third).toBe('y $Z')
    expect(first).not.toBe('$TOKEN')
  })

  test('leave out redirections, and say so', () => {
    const { commands, notes } = shellWords('curl a > out.txt 2>/dev/null 2>&1 < in b')
    expect(commands).toEqual([['curl', 'a', 'b']])
    expect(notes).toHaveLength(4)
    expect(notes[0]).toBe('left out the redirection > out.txt')
  })

  test('say what a shell would have carried out', () => {
    const { commands, notes } = shellWords('curl -d "$(date +%s)" -d `id`')
    expect(commands).toEqual([['curl', '-d', '$(date +%s)', '-d', '`id`']])
    expect(notes).toHaveLength(2)
  })

  test.each(["a 'b", 'a "b', "a $'b"])('end with the text, also where a quote does not: %s', (text) => {
    const { commands, notes } = shellWords(text)
    expect(commands).toEqual([['a', 'b']])
    expect(notes).toEqual([expect.stringMatching(/is not closed$/u)])
  })

  test('end at any text whatever', () => {
    for (const text of ['\\', '$', '"\\', "$'\\", '${', '$(', '`', '>', '2>', "$'\\x'", '\uFDD0a\uFDD1'])
      expect(() => shellWords(text)).not.toThrow()
    expect(words('\uFDD0HOME\uFDD1')).toEqual([['HOME']])
  })
})
