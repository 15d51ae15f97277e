import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import type { Side } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Router } from '../router.ts'
import { parseAddress, type Places } from './place.ts'

export interface HaProxyOptions {
  /** The runtime API, which needs `level admin`: the path of its socket, or HOST:PORT. */
  api: string
  /** `BACKEND/SERVER`. */
  server: string
  frontend: string
  places: Places
  timeoutMs: number
}

/**
 * Lets HAProxy's frontend accept no connection during the pause (they wait in the kernel's queue), and then changes the
 * address of its server. Sessions that are open are the freeze's to end. HAProxy Management Guide, "Unix Socket commands".
 *
 * @throws PgleapError `online.haproxy`
 */
export async function haProxyRouter(options: HaProxyOptions): Promise<Router> {
  const { frontend, server, places } = options
  const api = new RuntimeApi(options)
  const found = await api.limitOf(frontend)
  await api.assertServer(server)
  // Nobody is let in: a pgleap that was killed had held it, and its limit is not known any more.
  let limit = found === 0 ? await api.globalLimit() : found
  const letIn = async () => api.order(`set maxconn frontend ${frontend} ${String(limit)}`)
  return {
    name: `HAProxy at ${options.api}`,
    async hold(signal) {
      signal.throwIfAborted()
      limit = (await api.limitOf(frontend)) || limit
      await api.order(`set maxconn frontend ${frontend} 0`)
    },
    async lead(to: Side) {
      const { host, port } = places[to]
      const address = isIP(host) === 0 ? (await lookup(host)).address : host
      await api.setAddress(server, address, port)
      await letIn()
    },
    release: letIn,
    [Symbol.asyncDispose]: async () => {},
  }
}

/** One command a connection, as HAProxy has it where no prompt is asked for. */
class RuntimeApi {
  readonly #options: HaProxyOptions

  constructor(options: HaProxyOptions) {
    this.#options = options
  }

  /** Sends a command that says nothing when it has done what it should. */
  async order(command: string): Promise<void> {
    const answer = (await this.ask(command)).trim()
    if (answer !== '') throw this.#failed(`answers ${JSON.stringify(answer)} to ${JSON.stringify(command)}`)
  }

  /** `slim` of `show stat`: how many sessions a frontend takes at once. */
  async limitOf(frontend: string): Promise<number> {
    const [header = '', ...rows] = (await this.ask('show stat')).split('\n')
    const columns = header.replace(/^# /, '').split(',')
    for (const row of rows) {
      const values = row.split(',')
      const of = (column: string) => values[columns.indexOf(column)]
      if (of('pxname') === frontend && of('svname') === 'FRONTEND') return Number(of('slim'))
    }
    throw this.#failed(`has no frontend ${JSON.stringify(frontend)}`)
  }

  async globalLimit(): Promise<number> {
    return Number(/^Maxconn: (\d+)$/m.exec(await this.ask('show info'))?.[1] ?? 2000)
  }

  async assertServer(server: string): Promise<void> {
    await this.#addressOf(server)
  }

  /** It says what it changed, and something else where it did not: what it shows afterwards counts. */
  async setAddress(server: string, address: string, port: number): Promise<void> {
    const answer = await this.ask(`set server ${server} addr ${address} port ${String(port)}`)
    const now = await this.#addressOf(server)
    if (now !== `${address}:${String(port)}`) {
      throw this.#failed(
        `leads ${server} to ${now} and not to ${address}:${String(port)}: ${JSON.stringify(answer.trim())}`,
      )
    }
  }

  async #addressOf(server: string): Promise<string> {
    const [backend = '', name = ''] = server.split('/')
    const lines = (await this.ask(`show servers state ${backend}`)).split('\n')
    const columns = (lines.find((line) => line.startsWith('# ')) ?? '').slice(2).split(' ')
    for (const line of lines) {
      const values = line.split(' ')
      const of = (column: string) => values[columns.indexOf(column)]
      if (of('be_name') === backend && of('srv_name') === name) return `${of('srv_addr') ?? ''}:${of('srv_port') ?? ''}`
    }
    throw this.#failed(`has no server ${JSON.stringify(server)}`)
  }

  async ask(command: string): Promise<string> {
    const { api, timeoutMs } = this.#options
    const socket: Socket = api.startsWith('/') ? connect(api) : connect(parseAddress(api))
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${String(timeoutMs)} ms`)))
    try {
      socket.write(`${command}\n`)
      let answer = ''
      for await (const text of socket.setEncoding('utf8')) answer += String(text)
      return answer
    } catch (error) {
      throw this.#failed(`does not answer: ${error instanceof Error ? error.message : String(error)}`, error)
    } finally {
      socket.destroy()
    }
  }

  #failed(what: string, cause?: unknown): PgleapError {
    return new PgleapError({
      code: 'online.haproxy',
      message: `HAProxy at ${this.#options.api} ${what}.`,
      hint: 'The runtime API needs `stats socket ... level admin`; name frontend and BACKEND/SERVER as its configuration does.',
      party: 'usage',
      cause,
    })
  }
}
