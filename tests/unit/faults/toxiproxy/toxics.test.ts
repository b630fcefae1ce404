import { describe, expect, test } from 'vitest'
import { parseFaults } from '../../../../harness/faults/faults.ts'
import { ApiFailure } from '../../../../harness/faults/toxiproxy/failure.ts'
import { createToxic, layerOf, updateToxic } from '../../../../harness/faults/toxiproxy/toxics.ts'

function failureOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error instanceof ApiFailure ? { message: error.message, status: error.status } : error
  }
}

describe('a toxic', () => {
  test('is called by its type and stream, acts downstream and on all connections, where nothing else is said', () => {
    expect(createToxic({ type: 'latency', attributes: { latency: 100 } })).toEqual({
      attributes: { latency: 100, jitter: 0 },
      name: 'latency_downstream',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
    })
  })

  test('keeps its own name, stream and toxicity', () => {
    const body = { type: 'latency', name: 'slow', stream: 'upstream', toxicity: 0.25 }
    expect(createToxic(body)).toMatchObject({ name: 'slow', stream: 'upstream', toxicity: 0.25 })
    expect(createToxic({ ...body, name: '' })).toMatchObject({ name: 'latency_upstream' })
  })

  test('changes by what is said of attributes and toxicity; all else stays', () => {
    const toxic = createToxic({ type: 'latency', name: 'slow', attributes: { latency: 100, jitter: 5 } })
    expect(updateToxic(toxic, { attributes: { latency: 200 }, name: 'other', stream: 'upstream' })).toEqual({
      ...toxic,
      attributes: { latency: 200, jitter: 5 },
    })
    expect(updateToxic(toxic, { toxicity: 0.5 })).toEqual({ ...toxic, toxicity: 0.5 })
  })

  test.each([
    ['latency', { latency: 100, jitter: 10 }, { downlink: { latency: { delay: '100ms', jitter: '10ms' } } }],
    ['bandwidth', { rate: 1000 }, { downlink: { rate: '8mbps' } }],
    ['slow_close', { delay: 70 }, { downlink: { slowClose: { delay: '70ms' } } }],
    ['timeout', { timeout: 300 }, { hang: { probability: 1, timeout: '300ms' } }],
    ['timeout', { timeout: 0 }, { hang: { probability: 1 } }],
    ['reset_peer', { timeout: 0 }, { reset: { probability: 1 } }],
    ['reset_peer', { timeout: 20 }, { reset: { probability: 1, after: '20ms' } }],
    [
      'slicer',
      { average_size: 64, size_variation: 32, delay: 10 },
      { downlink: { slicer: { size: '64b', variation: '32b', delay: '10us' } } },
    ],
    ['limit_data', { bytes: 500 }, { downlink: { limit: { after: '500b' } } }],
    ['packet_loss', { loss_rate: 0.1, correlation: 0 }, { downlink: { loss: { probability: 0.1 } } }],
    [
      'packet_loss',
      { loss_rate: 0.25, correlation: 0.5 },
      { downlink: { loss: { gilbertElliott: { goodToBad: 0.25, badToGood: 0.25 } } } },
    ],
  ])('%s %o is the fault %o (F38, P2)', (type, attributes, fault) => {
    const { name, rules } = layerOf(createToxic({ type, attributes }))
    expect(name).toBe(`${type}_downstream`)
    expect(rules).toHaveLength(1)
    expect(rules[0]!.faults).toEqual(parseFaults(fault))
    const [side] = Object.values(rules[0]!.faults).filter((own) => Object.keys(own).length > 0)
    expect(side).toBeDefined()
  })

  test('upstream acts uplink, and its toxicity is a share of connections', () => {
    const toxic = createToxic({ type: 'bandwidth', stream: 'upstream', toxicity: 0.5, attributes: { rate: 2 } })
    const [rule] = layerOf(toxic).rules
    expect(rule).toMatchObject({ connections: 0.5, probability: 1, enabled: true, schedule: null })
    expect(Object.keys(rule!.faults.uplink)).toEqual(['rate'])
    expect(rule!.faults.downlink).toEqual({})
  })

  test.each([
    [{ type: 'lag' }, /^invalid toxic type: found "lag", allowed: "latency", "bandwidth"/u],
    [{ type: 'bandwith' }, /did you mean "bandwidth"\?$/u],
    [{ type: 'toString' }, /^invalid toxic type/u],
    [{}, /^invalid toxic type: found nothing/u],
    [[], /^bad request body: found an empty list, allowed: an object$/u],
    [{ type: 'latency', stream: 'both' }, /^stream was invalid, can be either upstream or downstream; found "both"$/u],
    [{ type: 'latency', name: 5 }, /^bad request body: name: found 5, allowed: text$/u],
    [{ type: 'latency', toxicity: 1.5 }, /^bad request body: toxicity: found 1.5, allowed: a number from 0 to 1$/u],
    [{ type: 'latency', toxicity: '1' }, /^bad request body: toxicity: found "1"/u],
    [{ type: 'latency', attributes: [] }, /^bad request body: attributes: found an empty list/u],
    [
      { type: 'latency', attributes: { latency: 1.5 } },
      /attributes.latency: found 1.5, allowed: a whole number from 0$/u,
    ],
    [{ type: 'latency', attributes: { latency: -1 } }, /attributes.latency: found -1/u],
    [{ type: 'latency', attributes: { delay: 1 } }, /attributes: found "delay", allowed: "latency", "jitter"$/u],
    [{ type: 'latency', attributes: { latency: 1e15 } }, /^bad request body: .*latency: found .*a duration/u],
    [{ type: 'bandwidth' }, /attributes.rate: found 0, allowed: a whole number from 1$/u],
    [
      { type: 'packet_loss', attributes: { loss_rate: 2 } },
      /attributes.loss_rate: found 2, allowed: a number from 0 to 1$/u,
    ],
  ])('%o is refused (P12)', (body, message) => {
    expect(failureOf(() => createToxic(body))).toEqual({ message: expect.stringMatching(message), status: 400 })
  })
})
