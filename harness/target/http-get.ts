import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import type { Clock } from '../kernel/clock.ts'

const longestBody = 2 ** 20

/** What was answered. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * GET over a connection of its own, which is closed after it; of https any certificate is taken, since what is asked for
 * is a number to count with, from an address that the user named.
 * Rejects when there is no whole answer within `timeoutNs`, or when it has more than 1 MiB.
 */
export function httpGet(url: URL, { clock, timeoutNs }: { clock: Clock; timeoutNs: number }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers: { connection: 'close' } } as const
    const secure = url.protocol === 'https:'
    const request = secure ? getSecurely(url, { ...options, rejectUnauthorized: false }) : get(url, options)
    const timer = clock.after(timeoutNs, () => request.destroy(new Error(`no answer within ${timeoutNs / 1e6} ms`)))
    const settle = (done: () => void): void => {
      timer.cancel()
      done()
    }
    const fail = (error: Error): void => settle(() => reject(error))
    request.on('error', fail)
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > longestBody) request.destroy(new Error(`the answer has more than ${longestBody} bytes`))
      })
      response.on('error', fail)
      response.on('end', () => settle(() => resolve({ status: response.statusCode ?? 0, body })))
    })
  })
}
