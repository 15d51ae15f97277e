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
 * Closes HAProxy's frontend during the pause, so that new connections are refused at once and tried again, and changes the
 * address of its server in between. Sessions that are open are the freeze's to end. HAProxy Management Guide, "Unix Socket
 * commands". Holding connections in the queue by `set maxconn frontend NAME 0` would be kinder, but HAProxy 2.6.12 loops and
 * is ended by its own watchdog when the limit is raised again while somebody waits (seen).
 *
 * @throws PgleapError `online.haproxy`
 */
export async function haProxyRouter(options: HaProxyOptions): Promise<Router> {
  const { frontend, server, places } = options
  const api = new RuntimeApi(options)
  await api.stateOf(frontend)
  await api.assertServer(server)
  const set = async (wanted: 'enable' | 'disable') => {
    // It complains when there is nothing to do.
    if ((await api.stateOf(frontend)) !== wanted) await api.order(`${wanted} frontend ${frontend}`)
    const now = await api.stateOf(frontend)
    if (now !== wanted) throw api.failed(`did not ${wanted} frontend ${frontend}`)
  }
  return {
    name: `HAProxy at ${options.api}`,
    async hold(signal) {
      signal.throwIfAborted()
      await set('disable')
    },
    async lead(to: Side) {
      const { host, port } = places[to]
      const address = isIP(host) === 0 ? (await lookup(host)).address : host
      await api.setAddress(server, address, port)
      await set('enable')
    },
    release: () => set('enable'),
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
    if (answer !== '') throw this.failed(`answers ${JSON.stringify(answer)} to ${JSON.stringify(command)}`)
  }

  /** What has last been done to a frontend, as `show stat` has it. */
  async stateOf(frontend: string): Promise<'enable' | 'disable'> {
    const [header = '', ...rows] = (await this.ask('show stat')).split('\n')
    const columns = header.replace(/^# /, '').split(',')
    for (const row of rows) {
      const values = row.split(',')
      const of = (column: string) => values[columns.indexOf(column)]
      if (of('pxname') === frontend && of('svname') === 'FRONTEND')
        return of('status') === 'OPEN' ? 'enable' : 'disable'
    }
    throw this.failed(`has no frontend ${JSON.stringify(frontend)}`)
  }

  async assertServer(server: string): Promise<void> {
    await this.#addressOf(server)
  }

  /** It says what it changed, and something else where it did not: what it shows afterwards counts. */
  async setAddress(server: string, address: string, port: number): Promise<void> {
    const answer = await this.ask(`set server ${server} addr ${address} port ${String(port)}`)
    const now = await this.#addressOf(server)
    if (now !== `${address}:${String(port)}`) {
      throw this.failed(
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
    throw this.failed(`has no server ${JSON.stringify(server)}`)
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
      throw this.failed(`does not answer: ${error instanceof Error ? error.message : String(error)}`, error)
    } finally {
      socket.destroy()
    }
  }

  failed(what: string, cause?: unknown): PgleapError {
    return new PgleapError({
      code: 'online.haproxy',
      message: `HAProxy at ${this.#options.api} ${what}.`,
      hint: 'The runtime API needs `stats socket ... level admin`; name frontend and BACKEND/SERVER as its configuration does.',
      party: 'usage',
      cause,
    })
  }
}
