import type { ConnectionInfo } from './info.ts'
import { Secret } from './secret.ts'

/**
 * The connection string by which another server's libpq reaches this one, password included: for CREATE SUBSCRIPTION
 * alone, which keeps it in pg_subscription. Certificates are left out, since their files are on our machine.
 */
export function serverConninfo(info: ConnectionInfo): Secret {
  const [first] = info.hosts
  const words: [string, string][] = [
    ['host', info.hosts.map(({ host }) => host).join(',')],
    ['port', info.hosts.map(({ port }) => String(port)).join(',')],
    ['user', info.user],
    ['dbname', info.database],
    ['sslmode', info.tls.mode],
  ]
  const addresses = info.hosts.map(({ hostaddr }) => hostaddr ?? '')
  if (addresses.some((address) => address !== '')) words.push(['hostaddr', addresses.join(',')])
  const password = first === undefined ? undefined : info.passwordFor(first)
  if (password !== undefined) words.push(['password', password.reveal()])
  return new Secret(words.map(([key, value]) => `${key}='${value.replace(/[\\']/g, '\\$&')}'`).join(' '))
}
