import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameTracker } from '../../../../harness/load/websocket/frame-tracker.ts'
import { frameOf } from '../../../support/websocket-peer.ts'

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const

function track(...chunks: readonly Uint8Array[]): FrameTracker {
  const tracker = new FrameTracker()
  for (const chunk of chunks) tracker.push(chunk)
  return tracker
}

describe('messages that have begun', () => {
  test('are counted with the first byte of their first frame', () => {
    expect(track(frameOf(opcodes.text, 'a').subarray(0, 1)).begun).toBe(1)
    expect(track(frameOf(opcodes.text, 'a'), frameOf(opcodes.binary, 'b').subarray(0, 1)).begun).toBe(2)
  })

  test('are no continuations and no control frames', () => {
    const frames = [
      frameOf(opcodes.text, 'begin', { last: false }),
      frameOf(opcodes.ping, 'between'),
      frameOf(opcodes.continuation, 'end'),
      frameOf(opcodes.ping, ''),
    ]
    expect(track(...frames).begun).toBe(1)
  })

  test('are the same however the bytes are cut, and whatever their length', () => {
    const frame = fc.record({
      opcode: fc.constantFrom(...Object.values(opcodes)),
      size: fc.oneof(fc.nat(130), fc.constantFrom(125, 126, 127, 65_535, 65_536)),
    })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (frames, cuts) => {
        const isControl = (opcode: number): boolean => opcode >= 8
        const bytes = Buffer.concat(
          frames.map(({ opcode, size }) =>
            frameOf(opcode, Buffer.alloc(isControl(opcode) ? size % 126 : size, opcode + 1)),
          ),
        )
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        const tracker = track(...places.slice(1).map((end, index) => bytes.subarray(places[index], end)))
        expect(tracker.begun).toBe(frames.filter(({ opcode }) => opcode === 1 || opcode === 2).length)
        expect(tracker.closeCode === null).toBe(frames.every(({ opcode }) => opcode !== 8))
      }),
      { numRuns: 300 },
    )
  })
})

describe('the code of a close frame', () => {
  test('is known when the frame is whole', () => {
    const frame = frameOf(opcodes.close, Buffer.from([3, 233, ...Buffer.from('bye')]))
    expect(track(frame.subarray(0, -1)).closeCode).toBe(null)
    for (let at = 0; at <= frame.length; at++) {
      expect(track(frame.subarray(0, at), frame.subarray(at)).closeCode).toBe(1001)
    }
  })

  test('is 1005 where there is none', () => {
    expect(track(frameOf(opcodes.close, '')).closeCode).toBe(1005)
  })
})
