import type { Socket } from 'node:net'
import { createConnection } from 'node:net'
import { PgleapError } from '../errors.ts'
import type { Host } from './host.ts'
import type { ConnectionInfo } from './info.ts'
import { describeHost, isSocketFolder } from './host.ts'
import { ReadRing } from './read-ring.ts'
import type { Side } from './session.ts'
import { startTls, tlsOptions } from './tls.ts'

/** What one attempt does about TLS; `offer` goes on in clear where the server has no TLS. */
export type Encryption = 'clear' | 'offer' | 'tls'

/** SSLRequest: its length and the code 80877103 (PostgreSQL docs, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Node gives each address of a name a quarter of a second by default, which another continent does not answer in. */
const ADDRESS_TRIES = { autoSelectFamilyAttemptTimeout: 3000 }

/**
 * A connected socket, with TLS as asked for, on which nothing of the login has been said. Aborting the signal destroys
 * it, with the signal's reason as the error. Small writes go out at once; TCP keepalive is on as `info` says.
 */
export async function openSocket(
  info: ConnectionInfo,
  host: Host,
  encryption: Encryption,
  side: Side,
  signal: AbortSignal,
): Promise<{ socket: Socket; encrypted: 'yes' | 'no' }> {
  signal.throwIfAborted()
  // Read before anything is connected: what is wrong with the user's files is not the server's fault.
  const tls = encryption === 'clear' ? undefined : tlsOptions(info.tls, host)
  const ring = new ReadRing()
  const how = { ...ADDRESS_TRIES, noDelay: true, ...keepAlive(info), onread: ring.onread }
  const socket = createConnection({ ...address(host), ...how })
  ring.attach(socket)
  socket.on('error', () => {}) // whoever awaits listens, too; in between an error must not end the process
  const abort = () => {
    socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    await settled(socket, 'connect')
    if (tls === undefined) return { socket, encrypted: 'no' }
    if (info.tls.negotiation === 'postgres') {
      socket.write(SSL_REQUEST)
      const answer = await settled(socket, 'data')
      if (answer === 'N' && encryption === 'offer') return { socket, encrypted: 'no' }
      if (answer === 'N') throw noTls(side, host)
      // More than one byte would be somebody's text slipped in before the encryption (CVE-2021-23222).
      if (answer !== 'S') throw strange(side, host)
    }
    return { socket: await startTls(socket, tls), encrypted: 'yes' }
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function address(host: Host): { path: string } | { host: string; port: number } {
  if (!isSocketFolder(host.host)) return { host: host.hostaddr ?? host.host, port: host.port }
  const path = `${host.host}/.s.PGSQL.${String(host.port)}`
  return { path: path.startsWith('@') ? `\0${path.slice(1)}` : path }
}

function keepAlive({ keepAliveIdleMs }: ConnectionInfo): { keepAlive?: true; keepAliveInitialDelay?: number } {
  return keepAliveIdleMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveIdleMs }
}

/** Waits for one event; gives the text of the data, where it is `data`. */
function settled(socket: Socket, event: 'connect' | 'data'): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (data?: Buffer) => {
      socket.removeListener('error', reject)
      socket.removeListener('close', closed)
      resolve(data === undefined ? '' : data.toString('latin1'))
    }
    const closed = () => reject(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }))
    socket.once(event, done)
    socket.once('error', reject)
    socket.once('close', closed)
  })
}

function noTls(side: Side, host: Host): PgleapError {
  return new PgleapError({
    code: 'connect.tls-refused',
    message: `The ${side} (${describeHost(host)}) has no TLS, and sslmode asks for it.`,
    hint: 'Turn ssl on in the server, or use sslmode=prefer where the network is safe.',
    party: side,
  })
}

function strange(side: Side, host: Host): PgleapError {
  return new PgleapError({
    code: 'connect.not-postgres',
    message: `What listens at ${describeHost(host)} (the ${side}) does not answer as PostgreSQL does.`,
    hint: 'Check host and port.',
    party: side,
  })
}
