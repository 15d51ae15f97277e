import { splitConninfo, type ConnectionInfo } from '../connection/index.ts'
import { withoutSecrets } from '../migrate/index.ts'

/** Never written anywhere (invariant 4). */
const SECRETS = new Set(['password', 'sslpassword'])

/**
 * The connection string of a runbook's `activate`: what `text` said, with what the environment added to it, so that it leads to the
 * same database in anybody's shell; without its passwords.
 */
export function portable(text: string, info: ConnectionInfo): string {
  const words = splitConninfo(withoutSecrets(info))
  for (const [key, value] of splitConninfo(text)) {
    if (!words.has(key) && !SECRETS.has(key)) words.set(key, value)
  }
  return [...words].map(([key, value]) => `${key}=${quoteValue(value)}`).join(' ')
}

/** As libpq reads it (PostgreSQL docs, "Connection Strings"). */
function quoteValue(value: string): string {
  return /^[^\s\\'=]+$/u.test(value) ? value : `'${value.replaceAll(/[\\']/gu, '\\$&')}'`
}

/** The lines of a password file that these connections look for, one a host; the last field is for a person to fill. */
export function passfileLines(info: ConnectionInfo): string[] {
  return info.hosts.map(({ host, hostaddr, port }) =>
    [host === '' ? (hostaddr ?? '') : host, String(port), info.database, info.user, 'PASSWORD']
      .map((field) => field.replaceAll(/[\\:]/gu, '\\$&'))
      .join(':'),
  )
}
