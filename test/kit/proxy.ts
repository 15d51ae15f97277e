import { type Server, type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'

/** Seen from the client: `up` is what it sends, `down` is what the server sends. */
export type Direction = 'up' | 'down' | 'both'

/**
 * A TCP proxy in front of a server that can do to connections what networks do. All of it holds for the connections
 * that are open and for those to come, until `resume`.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** How many connections are open now. */
  readonly connections: number
  /** The connection string, led through the proxy. */
  url(original: string): string
  /** Resets (RST) the connections that are open; new ones work. */
  cut(): void
  /** Resets a connection once this many bytes more have passed over all connections in that direction. */
  cutAfter(bytes: number, direction?: Direction): void
  /** Stops reading: nothing passes, and senders block once the buffers are full. Nothing is lost. */
  stall(direction?: Direction): void
  /** Swallows what is sent, and tells neither side of an end of the other, as a broken route does. Bytes are lost. */
  halfOpen(direction?: Direction): void
  /** New connections are refused; open ones stay. */
  refuse(): Promise<void>
  /** Ends `stall`, `halfOpen`, `refuse` and a `cutAfter` that has not happened yet. */
  resume(): Promise<void>
}

type Mode = 'pass' | 'stall' | 'swallow'

interface Link {
  readonly client: Socket
  readonly upstream: Socket
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function faultProxy(to: number | { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const proxy = new Proxying(typeof to === 'number' ? { host: '127.0.0.1', port: to } : to)
  await proxy.listen()
  return proxy
}

class Proxying implements FaultProxy {
  readonly host = '127.0.0.1'
  port = 0
  readonly #to: { readonly host: string; readonly port: number }
  readonly #links = new Set<Link>()
  readonly #mode: Record<'up' | 'down', Mode> = { up: 'pass', down: 'pass' }
  #cut: { left: number; direction: Direction } | undefined
  #server: Server | undefined

  constructor(to: { readonly host: string; readonly port: number }) {
    this.#to = to
  }

  get connections(): number {
    return this.#links.size
  }

  url(original: string): string {
    const url = new URL(original)
    url.hostname = this.host
    url.port = String(this.port)
    return url.href
  }

  async listen(): Promise<void> {
    // Half-open is ours to play: the other side must not be told of an end by itself.
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
    server.listen(this.port, this.host)
    await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address === 'object') this.port = address.port
    this.#server = server
  }

  #accept(client: Socket): void {
    const upstream = connect({ ...this.#to, allowHalfOpen: true })
    const link: Link = { client, upstream }
    this.#links.add(link)
    this.#forward(link, 'up', client, upstream)
    this.#forward(link, 'down', upstream, client)
  }

  #forward(link: Link, direction: 'up' | 'down', from: Socket, to: Socket): void {
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      if (this.#mode[direction] === 'swallow') return
      const cut = this.#cut
      if (cut !== undefined && (cut.direction === direction || cut.direction === 'both')) {
        if (chunk.length >= cut.left) {
          this.#cut = undefined
          to.write(chunk.subarray(0, cut.left), () => this.#reset(link))
          from.pause()
          return
        }
        cut.left -= chunk.length
      }
      if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => this.#mode[direction] !== 'stall' && from.resume())
      }
    })
    from.on('end', () => this.#mode[direction] === 'pass' && to.end())
    from.on('error', () => this.#mode[direction] === 'pass' && this.#reset(link))
    from.on('close', () => {
      if (this.#mode[direction] !== 'swallow' && from.destroyed && to.destroyed) this.#links.delete(link)
    })
    if (this.#mode[direction] === 'stall') from.pause()
  }

  #reset(link: Link): void {
    link.client.resetAndDestroy()
    link.upstream.resetAndDestroy()
    this.#links.delete(link)
  }

  cut(): void {
    for (const link of this.#links) this.#reset(link)
  }

  cutAfter(bytes: number, direction: Direction = 'both'): void {
    this.#cut = { left: bytes, direction }
  }

  stall(direction: Direction = 'both'): void {
    this.#set(direction, 'stall')
  }

  halfOpen(direction: Direction = 'both'): void {
    this.#set(direction, 'swallow')
  }

  #set(direction: Direction, mode: Mode): void {
    if (direction !== 'down') this.#mode.up = mode
    if (direction !== 'up') this.#mode.down = mode
    for (const { client, upstream } of this.#links) {
      if (this.#mode.up === 'stall') client.pause()
      else client.resume()
      if (this.#mode.down === 'stall') upstream.pause()
      else upstream.resume()
    }
  }

  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    // Closing ends the listening at once, but calls back when the last open connection is gone, which may be never.
    server?.close()
    await new Promise(setImmediate)
  }

  async resume(): Promise<void> {
    this.#cut = undefined
    this.#set('both', 'pass')
    // An end that was kept from the other side comes out now.
    for (const link of this.#links) if (link.client.readableEnded || link.upstream.readableEnded) this.#reset(link)
    if (this.#server === undefined) await this.listen()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await this.refuse()
  }
}
