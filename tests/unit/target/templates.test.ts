import { expect, test } from 'vitest'
import { expand, expandValues } from '../../../harness/target/templates.ts'

const values = { port: 8080, host: '127.0.0.1', dir: '/runs/$1' }

test('a template has its three holes filled in, as often as they occur, and keeps all other braces', () => {
  const text = 'http { server { listen {host}:{port}; } } pid {dir}/{port}.pid {name}'
  expect(expand(text, values)).toBe('http { server { listen 127.0.0.1:8080; } } pid /runs/$1/8080.pid {name}')
})

test('a table of templates keeps its names', () => {
  expect(expandValues({ '{port}': '{port}' }, values)).toEqual({ '{port}': '8080' })
})
