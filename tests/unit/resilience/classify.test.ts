import { AssertionError } from 'node:assert'
import { describe, expect, it } from 'vitest'
import { failureClassOf, outcomeOfError } from '../../../harness/resilience/classify.ts'
import { SoakrigError } from '../../../harness/kernel/errors.ts'
import { errorClasses, failure } from '../../../harness/resilience/outcome.ts'

const coded = (code: string | number, more: object = {}): Error => Object.assign(new Error('failed'), { code, ...more })
const wrapped = (cause: unknown): Error => new TypeError('fetch failed', { cause })
const { signal: aborted } = ((): AbortController => {
  const controller = new AbortController()
  controller.abort()
  return controller
})()
const thrownBy = (run: () => void): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('the class of a thrown error', () => {
  it.each([
    ['ECONNRESET', coded('ECONNRESET'), 'reset', 'transient'],
    ['ECONNREFUSED', coded('ECONNREFUSED'), 'refused', 'transient'],
    ['EPIPE', coded('EPIPE'), 'reset', 'transient'],
    ['ECONNABORTED', coded('ECONNABORTED'), 'reset', 'transient'],
    ['ETIMEDOUT', coded('ETIMEDOUT'), 'timeout', 'transient'],
    ['ENOTFOUND', coded('ENOTFOUND'), 'dns', 'transient'],
    ['EAI_AGAIN', coded('EAI_AGAIN'), 'dns', 'transient'],
    ['EHOSTUNREACH', coded('EHOSTUNREACH'), 'unreachable', 'transient'],
    ['ENETDOWN', coded('ENETDOWN'), 'unreachable', 'transient'],
    ['ENETRESET', coded('ENETRESET'), 'reset', 'transient'],
    ["c-ares' ETIMEOUT", coded('ETIMEOUT'), 'dns', 'transient'],
    ['EAI_FAIL', coded('EAI_FAIL'), 'dns', 'transient'],
    ['ERR_HTTP2_INVALID_SESSION', coded('ERR_HTTP2_INVALID_SESSION'), 'closed', 'transient'],
    ['ERR_STREAM_DESTROYED', coded('ERR_STREAM_DESTROYED'), 'closed', 'transient'],
    ['EMFILE', coded('EMFILE'), 'exhausted', 'transient'],
    ['a certificate', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', 'transient'],
    ['UND_ERR_CONNECT_TIMEOUT', coded('UND_ERR_CONNECT_TIMEOUT'), 'connect', 'transient'],
    ['UND_ERR_HEADERS_TIMEOUT', coded('UND_ERR_HEADERS_TIMEOUT'), 'timeout', 'transient'],
    ['UND_ERR_BODY_TIMEOUT', coded('UND_ERR_BODY_TIMEOUT'), 'timeout', 'transient'],
    ['UND_ERR_SOCKET', coded('UND_ERR_SOCKET'), 'closed', 'transient'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'protocol', 'transient'],
    ['UND_ERR_ABORTED', coded('UND_ERR_ABORTED'), 'aborted', 'permanent'],
    ['UND_ERR_INVALID_ARG', coded('UND_ERR_INVALID_ARG'), 'script', 'permanent'],
    ['UND_ERR_DESTROYED', coded('UND_ERR_DESTROYED'), 'script', 'permanent'],
    ['HPE_INVALID_CONSTANT', coded('HPE_INVALID_CONSTANT'), 'protocol', 'transient'],
    ['ENOENT', coded('ENOENT'), 'script', 'permanent'],
    ['EACCES', coded('EACCES'), 'script', 'permanent'],
    ['an abort', aborted.reason, 'aborted', 'permanent'],
    ["Node's abort", coded('ABORT_ERR'), 'aborted', 'permanent'],
    ['a timeout of a signal', new DOMException('too late', 'TimeoutError'), 'timeout', 'transient'],
    ['another DOMException', new DOMException('no', 'InvalidStateError'), 'script', 'permanent'],
    ['JSON that is none', thrownBy(() => JSON.parse('{"a":')), 'body', 'flaky'],
    ['a bad pattern', thrownBy(() => new RegExp(String(['(']), 'u')), 'script', 'permanent'],
    ['an assertion', new AssertionError({ message: 'not so' }), 'check', 'flaky'],
    ['a TypeError', new TypeError('undefined is not a function'), 'script', 'permanent'],
    ['a RangeError', new RangeError('too long'), 'script', 'permanent'],
    ['a ReferenceError', new ReferenceError('no such name'), 'script', 'permanent'],
    ['a plain error', new Error('boom'), 'script', 'permanent'],
    ['no error', undefined, 'script', 'permanent'],
    ['a text', 'boom', 'script', 'permanent'],
    ['our own refusal', coded('circuit-open'), 'circuit-open', 'permanent'],
    ['our own failure', new SoakrigError('no', { code: 'bad-profile', exit: 'usage' }), 'script', 'permanent'],
    ['a cause', wrapped(coded('ECONNREFUSED')), 'refused', 'transient'],
    ['a cause of a cause', wrapped(wrapped(coded('UND_ERR_SOCKET'))), 'closed', 'transient'],
    ['a cause that says nothing', wrapped(new Error('boom')), 'script', 'permanent'],
    ['a code before its cause', coded('ETIMEDOUT', { cause: coded('ECONNRESET') }), 'timeout', 'transient'],
  ])('by %s is %s (L1, P23)', (_name, error, expected, failureClass) => {
    const outcome = outcomeOfError(error)
    expect([outcome, failureClassOf(outcome)]).toEqual([failure(expected as 'reset'), failureClass])
  })

  it.each([
    [408, 'transient'],
    [425, 'transient'],
    [429, 'transient'],
    [500, 'flaky'],
    [501, 'permanent'],
    [502, 'transient'],
    [503, 'transient'],
    [504, 'transient'],
    [400, 'permanent'],
    [401, 'permanent'],
    [404, 'permanent'],
  ])('with the status %i is %s wherever it stands (P71)', (status, failureClass) => {
    const errors = [{ status }, { statusCode: status }, { response: { status } }, { response: { statusCode: status } }]
    for (const more of errors) {
      for (const error of [coded('ERR_BAD_RESPONSE', more), wrapped(Object.assign(new Error('failed'), more))]) {
        const outcome = outcomeOfError(error)
        expect([outcome, failureClassOf(outcome)]).toEqual([failure('status', status), failureClass])
      }
    }
  })

  it.each([
    [14, 'transient'],
    [8, 'transient'],
    [4, 'transient'],
    [13, 'flaky'],
    [5, 'permanent'],
  ])('with the gRPC code %i is %s', (code, failureClass) => {
    const outcome = outcomeOfError(coded(code, { metadata: {} }))
    expect([outcome, failureClassOf(outcome)]).toEqual([failure('status', code), failureClass])
  })

  it('is not that of a status which is no failure', () => {
    expect(outcomeOfError(Object.assign(new SyntaxError('Unexpected end of JSON input'), { status: 200 }))).toEqual(
      failure('body'),
    )
  })

  it('of several errors is that which a repetition helps least', () => {
    const refused = coded('ECONNREFUSED')
    expect(outcomeOfError(new AggregateError([refused, coded('ETIMEDOUT')]))).toEqual(failure('refused'))
    expect(outcomeOfError(new AggregateError([refused, new TypeError('no')]))).toEqual(failure('script'))
    expect(outcomeOfError(new AggregateError([refused, coded('x', { status: 500 })]))).toEqual(failure('status', 500))
    // Node's own of a host with several addresses has the code of the first as well.
    expect(outcomeOfError(Object.assign(new AggregateError([refused, refused]), { code: 'ECONNREFUSED' }))).toEqual(
      failure('refused'),
    )
    expect(outcomeOfError(new AggregateError([]))).toEqual(failure('script'))
  })

  it('is found in a chain of causes that runs in a circle', () => {
    const error = new Error('a')
    error.cause = new Error('b', { cause: error })
    expect(outcomeOfError(error)).toEqual(failure('script'))
  })

  it('of every class of error says what becomes of it', () => {
    const transient = errorClasses.filter((error) => failureClassOf(failure(error)) === 'transient')
    expect(transient).toEqual([
      'dns',
      'unreachable',
      'connect',
      'refused',
      'reset',
      'closed',
      'timeout',
      'tls',
      'protocol',
      'lost',
      'exhausted',
    ])
  })
})
