import { connect, type Socket } from 'node:net'
import { environment } from '../../kernel/host.ts'
import { type JsonSchema, objectSchema } from '../../kernel/json-schema.ts'
import type { Reply } from './routes.ts'

/** A service that the built-in HTTP server asks at `/dependency`. */
export interface DependencySettings {
  /** Environment variable that holds its port on 127.0.0.1. */
  readonly env: string
  /** What it is sent, of which one line is the answer. */
  readonly send: string
}

/** JSON Schema of `dependency`. */
export const dependencySchema: JsonSchema = objectSchema(
  {
    env: { type: 'string', minLength: 1, description: 'Environment variable that holds its port on 127.0.0.1' },
    send: { type: 'string', minLength: 1, description: 'What it is sent: "PING\\r\\n"' },
  },
  { required: ['env', 'send'], description: 'A service that is asked at /dependency; its answer is one line' },
)

/** A service that is asked over connections that are kept. */
export interface Dependency {
  /** Answers once: 200 with the line that came, or 502 with the reason when none did. */
  ask(answer: (reply: Reply) => void): void
  close(): void
}

const longestLine = 65_536

/** Opens nothing yet: each question takes a connection that nobody waits on, or makes one. */
export function createDependency({ env, send }: DependencySettings): Dependency {
  const idle: Connection[] = []
  const all = new Set<Connection>()
  const opened = (port: number): Connection => {
    const connection = new Connection(connect({ host: '127.0.0.1', port, noDelay: true }), () => {
      all.delete(connection)
      const at = idle.indexOf(connection)
      if (at >= 0) idle.splice(at, 1)
    })
    all.add(connection)
    return connection
  }
  return {
    ask(answer) {
      const port = Number(environment()[env])
      if (!(port > 0)) return answer({ status: 502, body: `the environment variable ${env} has no port` })
      const connection = idle.pop() ?? opened(port)
      connection.ask(send, (line, problem) => {
        if (line === null) return answer({ status: 502, body: problem })
        if (connection.isOpen) idle.push(connection)
        answer({ status: 200, body: line })
      })
    },
    close() {
      for (const connection of all) connection.end()
    },
  }
}

type Answer = (line: string | null, problem: string) => void

/** A connection on which one question is asked at a time. */
class Connection {
  readonly #socket: Socket
  #received = ''
  #answer: Answer | undefined

  constructor(socket: Socket, closed: () => void) {
    this.#socket = socket
    let problem = 'the dependency closed the connection'
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#take(text))
    socket.on('error', (error) => (problem = `the dependency failed: ${error.message}`))
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      closed()
      this.#settle(null, problem)
    })
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  ask(text: string, answer: Answer): void {
    this.#answer = answer
    this.#socket.write(text)
  }

  end(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\n')
    // What nobody asked for would be taken for the next answer, and what never ends would be kept.
    const isStray = this.#answer === undefined || (end >= 0 && end < this.#received.length - 1)
    if (isStray || this.#received.length > longestLine) this.end()
    if (end < 0 || this.#answer === undefined) return
    const line = this.#received.slice(0, end).replace(/\r$/u, '')
    this.#received = ''
    this.#settle(line, '')
  }

  #settle(line: string | null, problem: string): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.(line, problem)
  }
}
