import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HeapTimer, TimerHeap } from '../../../harness/kernel/timer-heap.ts'

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), dueNs: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(200) }) },
  ),
  { maxLength: 200 },
)

const inOrder = (a: HeapTimer, b: HeapTimer): number => a.dueNs - b.dueNs || a.order - b.order

describe('a heap of timers', () => {
  test('gives what a sorted list would, whatever is added, taken or cancelled', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const heap = new TimerHeap(() => {})
        const all: HeapTimer[] = []
        const taken: (readonly [HeapTimer | undefined, HeapTimer | undefined])[] = []
        let list: HeapTimer[] = []
        for (const step of program) {
          if (step.kind === 'add') {
            const timer = heap.add(step.dueNs, () => {})
            all.push(timer)
            list = [...list, timer].toSorted(inOrder)
          } else if (step.kind === 'take') taken.push([heap.takeFirst(), list.shift()])
          else {
            // Also one that has been taken or cancelled.
            const timer = all[step.which % Math.max(1, all.length)]
            timer?.cancel()
            list = list.filter((one) => one !== timer)
          }
          expect(heap.first).toBe(list[0])
          expect(heap.size).toBe(list.length)
        }
        for (const [found, expected] of taken) expect(found).toBe(expected)
      }),
    )
  })

  test('tells of a timer that is cancelled while it waits, once, after it is out', () => {
    const sizes: number[] = []
    const heap = new TimerHeap(() => sizes.push(heap.size))
    const [first, second] = [heap.add(1, () => {}), heap.add(2, () => {})]
    second.cancel()
    second.cancel()
    heap.takeFirst()
    first.cancel()
    expect(sizes).toEqual([1])
  })
})
