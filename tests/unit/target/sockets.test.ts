import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { listeningInodes, quietPort } from '../../../harness/target/sockets.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5001 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 5002 1 0 100 0 0 10 0
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5003 1 0 100 0 0 10 0
`

test('a listening socket is found by its port, and a connection of that port is not one', () => {
  expect(listeningInodes(table, 8080)).toEqual(['5001'])
  expect(listeningInodes(table, 80)).toEqual(['5003'])
  expect(listeningInodes(table, 81)).toEqual([])
  expect(listeningInodes('', 80)).toEqual([])
})

test('a port that no client can be given is free, and another one when it is taken (P15)', async () => {
  const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t').map(Number)
  const first = await quietPort('127.0.0.1', 'key')
  expect(first).toBeLessThan(lowest!)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(first, '127.0.0.1', resolve))
  const second = await quietPort('127.0.0.1', 'key')
  server.close()
  expect(second).not.toBe(first)
  expect(second).toBeLessThan(lowest!)
})
