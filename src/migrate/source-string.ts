import type { ConnectionInfo } from '../connection/index.ts'

/**
 * A connection string for the same source without any secret, for the ledger: `resume` finds the source by it, and takes
 * the password from PGPASSWORD or the password file.
 */
export function withoutSecrets(info: ConnectionInfo): string {
  const words: [string, string][] = [
    ['host', info.hosts.map(({ host }) => host).join(',')],
    ['port', info.hosts.map(({ port }) => String(port)).join(',')],
    ['user', info.user],
    ['dbname', info.database],
    ['sslmode', info.tls.mode],
  ]
  const addresses = info.hosts.map(({ hostaddr }) => hostaddr ?? '')
  if (addresses.some((address) => address !== '')) words.push(['hostaddr', addresses.join(',')])
  return words.map(([key, value]) => `${key}='${value.replace(/[\\']/g, '\\$&')}'`).join(' ')
}
