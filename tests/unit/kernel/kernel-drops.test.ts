import { endianness } from 'node:os'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { dropsIn, readKernelDrops } from '../../../harness/kernel/kernel-drops.ts'
import { openUdpPeer } from '../../support/udp-peer.ts'

const little = endianness() === 'LE'

const table4 = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  301: ${little ? '0100007F' : '7F000001'}:9C41 ${little ? '0100007F' : '7F000001'}:1F90 01 00000000:00000000 00:00000000 00000000     0        0 10 2 0000000000000000 12
  302: ${little ? '0200007F' : '7F000002'}:9C41 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0000000000000000 5
`

const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  303: ${little ? '00000000000000000000000001000000' : '00000000000000000000000000000001'}:9C41 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 12 2 0000000000000000 7
`

describe('the kernel’s table of sockets', () => {
  test('tells what was dropped at a socket, by address and port', () => {
    expect(dropsIn(table4, [{ address: '127.0.0.1', port: 40_001 }])).toBe(12)
    expect(dropsIn(table4, [{ address: '127.0.0.2', port: 40_001 }])).toBe(5)
    expect(dropsIn(table6, [{ address: '::1', port: 40_001 }])).toBe(7)
    expect(
      dropsIn(
        table4,
        ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, port: 40_001 })),
      ),
    ).toBe(17)
  })

  test('knows nothing of sockets that are not in it', () => {
    expect(() => dropsIn(table4, [{ address: '127.0.0.1', port: 40_002 }])).toThrow(RangeError)
    expect(() => dropsIn('', [{ address: '127.0.0.1', port: 40_001 }])).toThrow(RangeError)
  })
})

describe.runIf(process.platform === 'linux')('the drops of real sockets', () => {
  test.each(['127.0.0.1', '::1'])('are those that found no room at %s', async (host) => {
    await using receiver = await openUdpPeer(() => {}, host)
    await using sender = await openUdpPeer(() => {}, host)
    receiver.socket.setRecvBufferSize(4096)
    const end = { address: host, port: receiver.port }
    expect(readKernelDrops([end])).toBe(0)
    const count = 50
    for (let i = 0; i < count; i++) sender.socket.send(Buffer.alloc(1000), receiver.port, host)
    for (let tries = 0; tries < 100 && receiver.came.length + (readKernelDrops([end]) ?? 0) < count; tries++)
      await realClock.sleep(5e6)
    expect(receiver.came.length).toBeLessThan(count)
    expect(readKernelDrops([end])).toBe(count - receiver.came.length)
  })

  test('are not told of a socket that is closed', async () => {
    const receiver = await openUdpPeer(() => {})
    await receiver[Symbol.asyncDispose]()
    expect(readKernelDrops([{ address: '127.0.0.1', port: receiver.port }])).toBe(undefined)
    expect(readKernelDrops([])).toBe(0)
  })
})
