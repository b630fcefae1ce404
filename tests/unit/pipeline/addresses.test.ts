import { expect, test } from 'vitest'
import { checkAddresses } from '../../../harness/pipeline/addresses.ts'
import { parseTarget } from '../../../harness/target/settings.ts'

const builtin = parseTarget({ builtin: 'http' })
const db = (host: string) => [{ name: 'db', upstream: { host, port: 5432 }, env: 'DB_PORT' }]

test('a dependency elsewhere is refused before anything is started, unless it is named', async () => {
  await checkAddresses({ target: builtin, others: [], dependencies: db('127.0.0.1') }, [])
  await checkAddresses({ target: builtin, others: [], dependencies: db('::1') }, [])
  await expect(
    checkAddresses({ target: builtin, others: [], dependencies: db('192.0.2.1') }, []),
  ).rejects.toMatchObject({
    code: 'host-not-allowed',
  })
  await checkAddresses({ target: builtin, others: [], dependencies: db('192.0.2.1') }, ['192.0.2.1'])
})

test('so is a target elsewhere, the first or another', async () => {
  const target = parseTarget({ url: 'http://192.0.2.1:80' })
  const others = [{ name: 'replica', settings: target }]
  await expect(checkAddresses({ target: builtin, others, dependencies: [] }, [])).rejects.toMatchObject({
    code: 'host-not-allowed',
  })
  await expect(checkAddresses({ target, others: [], dependencies: [] }, [])).rejects.toMatchObject({
    code: 'host-not-allowed',
  })
})
