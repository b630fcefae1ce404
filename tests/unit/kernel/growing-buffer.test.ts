import { expect, test } from 'vitest'
import { GrowingBuffer } from '../../../harness/kernel/growing-buffer.ts'

test('a growing buffer holds the pieces in their order, from wherever they come', () => {
  const buffer = new GrowingBuffer()
  const source = Buffer.from('0123456789')
  buffer.append(source, 2, 4)
  buffer.append(source, 0, 10)
  buffer.append(source, 9, 9)
  expect(buffer.bytes().toString()).toBe('230123456789')
  expect(buffer.length).toBe(12)
})

test('a growing buffer is empty after clear, and used again', () => {
  const buffer = new GrowingBuffer()
  for (const size of [10, 200_000, 3]) {
    const bytes = Buffer.alloc(size, size)
    buffer.append(bytes, 0, size)
    expect(buffer.bytes().equals(bytes)).toBe(true)
    buffer.clear()
    expect(buffer.length).toBe(0)
    expect(buffer.bytes().length).toBe(0)
  }
})
