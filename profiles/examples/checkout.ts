import type { ScriptContext } from 'soakrig'

interface Login {
  readonly token: string
}

/** One iteration: a user logs in, uses the token that it was given, and places an order. */
export default async function checkout({ http, check, sleep, data }: ScriptContext): Promise<void> {
  const { name, city } = data.feeds['users'] ?? {}

  const login = await http.get(`/login/${name}`, { name: 'login' })
  const isJson = check(login, { 'the login is JSON': (reply) => reply.header('content-type') === 'application/json' })
  // A target that fails is no reason to throw: the call is counted as failed, and the user begins anew.
  if (!login.ok || !isJson) return
  const { token } = login.json() as Login

  await sleep(5 + 15 * data.random())
  const whoami = await http.get('/whoami', { name: 'whoami', headers: { authorization: `Bearer ${token}` } })
  check(whoami, { 'it is the same user': (reply) => reply.text().includes(`"name":"${name}"`) })

  const order = await http.post('/upload', { shop: data.variables['shop'], city }, { name: 'order' })
  check(order, { 'the order came whole': (reply) => /"bytes":\d\d/.test(reply.text()) })
}
