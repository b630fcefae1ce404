import { openHttp1 } from './http1.ts'

/** Sends so many requests at once to a port of this machine, and prints how often they ended in which way. */
const [port = 0, count = 0] = process.argv.slice(2).map(Number)
await using driver = await openHttp1(port, {}, { connections: count })
const ends = await Promise.all(Array.from({ length: count }, () => driver.lane().run(driver.prepare())))
const times = Object.groupBy(ends, ({ error, detail }) => `${error} ${detail}`)
console.log(JSON.stringify(Object.fromEntries(Object.entries(times).map(([end, all]) => [end, all?.length]))))
