import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { ClientConfig } from 'pg'
import { Client, Connection as PgConnection } from 'pg'
import { PgleapError } from '../errors.ts'
import type { Host } from './host.ts'
import type { ConnectionInfo } from './info.ts'
import { describeHost } from './host.ts'
import type { Side } from './session.ts'
import { typeParsers } from './types.ts'

/** What pg's Connection has beyond its published types, as far as we use it (pg 8.23, lib/connection.js). */
export interface ProtocolConnection extends EventEmitter {
  readonly stream: Socket
  attachListeners(stream: Socket): void
  startup(parameters: Record<string, string>): void
  password(password: string): void
  sendSASLInitialResponseMessage(mechanism: string, response: string): void
  sendCopyFail(reason: string): void
  query(text: string): void
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg's types leave out most of the class
const Connection = PgConnection as unknown as new (config: { stream: Socket }) => ProtocolConnection

/**
 * pg's Connection over a socket that is connected (and encrypted) already: libpq's fallbacks between clear and TLS,
 * and its errors, need the negotiation in our own hands. It sends a startup packet of exactly our parameters, so that
 * no PG* variable slips in that `parseConnection` did not see.
 */
export class OpenConnection extends Connection {
  _connecting = true // pg then sends Terminate before it closes
  _ending = false
  readonly #socket: Socket
  readonly #startup: Record<string, string>
  readonly #channelBinding: ConnectionInfo['channelBinding']

  constructor(socket: Socket, startup: Record<string, string>, channelBinding: ConnectionInfo['channelBinding']) {
    super({ stream: socket })
    this.#socket = socket
    this.#startup = startup
    this.#channelBinding = channelBinding
  }

  connect(): void {
    this.#socket.on('error', (error) => {
      if (!this._ending) this.emit('error', error)
    })
    this.#socket.on('close', () => this.emit('end'))
    this.attachListeners(this.#socket)
    process.nextTick(() => this.emit('connect'))
  }

  override startup(): void {
    super.startup(this.#startup)
  }

  override password(password: string): void {
    if (this.#channelBinding === 'require') this.emit('error', notBound())
    else super.password(password)
  }

  override sendSASLInitialResponseMessage(mechanism: string, response: string): void {
    if (this.#channelBinding === 'require' && mechanism !== 'SCRAM-SHA-256-PLUS') this.emit('error', notBound())
    else super.sendSASLInitialResponseMessage(mechanism, response)
  }
}

/** A pg.Client with the key that a cancel request needs, which pg's types leave out. */
export class LoginClient extends Client {
  declare readonly processID: number
  declare readonly secretKey: number
  /** True between ReadyForQuery and the next command. */
  declare readonly readyForQuery: boolean
}

export interface ClientOptions {
  side: Side
  purpose: string
  /** Asks for a walsender that is bound to the database. */
  replication?: 'database' | undefined
}

/** A client that logs in over the socket when its `connect` is called, and the connection under it. */
export function clientOver(
  socket: Socket,
  info: ConnectionInfo,
  host: Host,
  { side, purpose, replication }: ClientOptions,
): { client: LoginClient; connection: OpenConnection } {
  const startup = {
    user: info.user,
    database: info.database,
    application_name: `pgleap: ${purpose}`,
    ...(replication === undefined ? {} : { replication }),
    ...(info.options === undefined ? {} : { options: info.options }),
  }
  const connection = new OpenConnection(socket, startup, info.channelBinding)
  const config: ClientConfig & { connection: OpenConnection; enableChannelBinding: boolean } = {
    connection,
    user: info.user,
    database: info.database,
    // A function even where it is known, so that pg never looks at PGPASSWORD or the password file itself.
    password: () => info.passwordFor(host)?.reveal() ?? missingPassword(side, info, host),
    types: typeParsers,
    ssl: false,
    sslnegotiation: 'postgres',
    enableChannelBinding: info.channelBinding === 'require',
  }
  return { client: new LoginClient(config), connection }
}

function missingPassword(side: Side, info: ConnectionInfo, host: Host): never {
  throw new PgleapError({
    code: 'connect.password-missing',
    message: `The ${side} (${describeHost(host)}) asks for a password of user ${JSON.stringify(info.user)}, and none is given.`,
    hint: 'Give it in PGPASSWORD, ~/.pgpass (mode 0600), the service or the connection string.',
    party: side,
  })
}

function notBound(): PgleapError {
  return new PgleapError({
    code: 'connect.channel-binding',
    message: 'channel_binding=require is asked for, and the server does not offer it on this connection.',
    hint: 'It needs TLS and SCRAM passwords; use channel_binding=prefer where that is good enough.',
    party: 'usage',
  })
}
