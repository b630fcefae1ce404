import { describe, expect, it } from 'vitest'
import { everything, isEverything, type Match, specificityOf, type Traffic } from '../../../harness/faults/match.ts'
import { matchProblems, parseMatch } from '../../../harness/faults/match-settings.ts'

const traffic = (changes: Partial<Traffic>): Traffic => ({
  protocol: 'tcp',
  host: 'db.example.test',
  address: '10.1.2.3',
  port: 5432,
  sni: null,
  ...changes,
})

const isMet = (match: unknown, changes: Partial<Traffic> = {}): boolean | 'unknown' => {
  const specificity = specificityOf(parseMatch(match), traffic(changes))
  return specificity === 'unknown' ? specificity : specificity !== null
}

describe('a match', () => {
  it.each<[unknown, Partial<Match>]>([
    ['any://', {}],
    ['tcp://*', { protocol: 'tcp' }],
    ['tcp://10.0.0.0/8:9000', { protocol: 'tcp', cidrs: ['10.0.0.0/8'], ports: [{ from: 9000, to: 9000 }] }],
    ['tcp://127.0.0.1:9000', { protocol: 'tcp', cidrs: ['127.0.0.1/32'], ports: [{ from: 9000, to: 9000 }] }],
    ['udp://[::1]:53', { protocol: 'udp', cidrs: ['::1/128'], ports: [{ from: 53, to: 53 }] }],
    ['any://[2001:db8::]/32', { cidrs: ['2001:db8::/32'] }],
    ['any://DB.test:80-90', { hosts: ['db.test'], ports: [{ from: 80, to: 90 }] }],
    ['tcp://*.example.test', { protocol: 'tcp', hosts: ['*.example.test'] }],
    [
      'tcp://:80,443,8000-8100',
      {
        protocol: 'tcp',
        ports: [
          { from: 80, to: 80 },
          { from: 443, to: 443 },
          { from: 8000, to: 8100 },
        ],
      },
    ],
    [{ host: ['a.test', '10.0.0.1', '[::1]'] }, { hosts: ['a.test'], cidrs: ['10.0.0.1/32', '::1/128'] }],
    [{ cidr: '10.1.2.3/8' }, { cidrs: ['10.0.0.0/8'] }],
    [{ cidr: '::ffff:10.0.0.0/104' }, { cidrs: ['10.0.0.0/8'] }],
    [
      { port: [80, '90-100'] },
      {
        ports: [
          { from: 80, to: 80 },
          { from: 90, to: 100 },
        ],
      },
    ],
    [{ sni: 'A.Test.' }, { snis: ['a.test'] }],
    [{ request: '/checkout' }, { requests: ['/checkout'] }],
  ])('is read: %j (F35, P2)', (raw, expected) => {
    expect(matchProblems(raw, '')).toEqual([])
    expect(parseMatch(raw)).toEqual({ ...everything, ...expected })
  })

  it.each([
    ['http://x', '', /^found "http:\/\/x", allowed: any, tcp or udp, then :\/\/ and a host/u],
    ['udp://::1:53', '', /^found "udp:\/\/::1:53", allowed: any, tcp or udp/u],
    ['tcp://10.0.0.0/33', '', /^found "10.0.0.0\/33", allowed: a network such as/u],
    ['tcp://x:0', '', /^found "0", allowed: ports from 1 to 65535/u],
    [{ port: '90-80' }, '/port', /^found "90-80", allowed: ports from 1 to 65535.*the lower one first$/u],
    [{ port: '80,' }, '/port', /^found "80,"/u],
    [{ host: 'a b' }, '/host', /^found "a b", allowed: a name such as "db.example.test", or "\*.example.test"$/u],
    [{ host: '*' }, '/host', /^found "\*"/u],
    [{ cidr: '10.0.0/8' }, '/cidr', /^found "10.0.0\/8", allowed: a network/u],
    [{ host: 'a.test', sni: 'a.test' }, '', /^found host and sni, allowed: host, or cidr, sni or both$/u],
  ])('that cannot be is told with its place: %j (F35)', (raw, where, message) => {
    expect(matchProblems(raw, '/match')).toEqual([{ where: `/match${where}`, message: expect.stringMatching(message) }])
  })

  it('tells all that is wrong at once', () => {
    expect(matchProblems({ host: '!', port: '0', sni: '*' }, '').map(({ where }) => where)).toEqual([
      '/host',
      '/port',
      '/sni',
      '',
    ])
  })

  it('takes names exactly, in any letters, and suffixes without the bare one (F35)', () => {
    expect(isMet({ host: 'db.example.test' }, { host: 'DB.Example.Test.' })).toBe(true)
    expect(isMet({ host: 'example.test' })).toBe(false)
    expect(isMet({ host: '*.example.test' })).toBe(true)
    expect(isMet({ host: '*.example.test' }, { host: 'example.test' })).toBe(false)
    expect(isMet({ host: '*.example.test' }, { host: 'badexample.test' })).toBe(false)
  })

  it('takes networks by the address, of v4 also where it is written as v6 (F35)', () => {
    expect(isMet({ cidr: '10.0.0.0/8' })).toBe(true)
    expect(isMet({ cidr: '10.0.0.0/8' }, { address: '::ffff:10.9.9.9' })).toBe(true)
    expect(isMet({ cidr: '10.0.0.0/8' }, { address: '11.0.0.1' })).toBe(false)
    expect(isMet({ cidr: '::1/128' }, { address: '::1' })).toBe(true)
    expect(isMet({ cidr: '0.0.0.0/0' }, { address: '::1' })).toBe(false)
    expect(isMet({ cidr: '10.0.0.0/8' }, { address: null })).toBe(false)
    expect(isMet({ cidr: '10.0.0.0/8' }, { address: null, host: '10.0.0.1' })).toBe(true)
  })

  it('takes ports and protocols', () => {
    expect(isMet({ port: '5000-6000' })).toBe(true)
    expect(isMet({ port: [80, 443] })).toBe(false)
    expect(isMet({ protocol: 'udp' })).toBe(false)
    expect(isMet('any://')).toBe(true)
  })

  it('is not known before the server name is, unless something else decides', () => {
    const sni = '*.example.test'
    expect(isMet({ sni }, { sni: undefined })).toBe('unknown')
    expect(isMet({ sni, port: 80 }, { sni: undefined })).toBe(false)
    expect(isMet({ sni }, { sni: null })).toBe(false)
    expect(isMet({ sni }, { sni: 'a.example.test' })).toBe(true)
    expect(isMet({ sni, cidr: '11.0.0.0/8' }, { sni: 'a.example.test' })).toBe(false)
  })

  it('of everything is known as such', () => {
    expect(isEverything(parseMatch('any://'))).toBe(true)
    expect(isEverything(parseMatch({}))).toBe(true)
    expect(isEverything(parseMatch('tcp://'))).toBe(false)
    expect(isEverything(parseMatch({ request: '/' }))).toBe(false)
  })
})
