import { join } from 'node:path'
import type { Environment } from './conninfo.ts'
import { usageError } from './conninfo.ts'
import type { ConnectionFiles } from './files.ts'

/** Debian's place of the shared pg_service.conf; PGSYSCONFDIR names another. */
const SYSCONFDIR = '/etc/postgresql-common'

/**
 * The parameters of a service of pg_service.conf, searched as libpq does: the user's file (PGSERVICEFILE, else
 * ~/.pg_service.conf), then the system's. Where a key is given twice, the first counts.
 */
export function readService(
  name: string,
  userFile: string,
  env: Environment,
  files: ConnectionFiles,
): Map<string, string> {
  for (const path of [userFile, join(env['PGSYSCONFDIR'] ?? SYSCONFDIR, 'pg_service.conf')]) {
    const file = files.read(path)
    const found = file === undefined ? undefined : parseService(file.text, name, path)
    if (found !== undefined) return found
  }
  throw usageError(
    'connect.service',
    `There is no service ${JSON.stringify(name)} in ${userFile} or the system's pg_service.conf.`,
    'Name a service that is there, or set PGSERVICEFILE to the file that holds it.',
  )
}

function parseService(text: string, name: string, path: string): Map<string, string> | undefined {
  let group: string | undefined
  let found: Map<string, string> | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      group = line.slice(1, line.endsWith(']') ? -1 : undefined)
      if (group === name) found ??= new Map()
      continue
    }
    if (group !== name || found === undefined) continue
    const at = line.indexOf('=')
    const key = line.slice(0, at === -1 ? undefined : at)
    if (at < 1 || key === 'service') {
      throw usageError(
        'connect.service',
        `Line ${String(index + 1)} of ${path} is not a connection parameter.`,
        'Each line of a service is key=value, and a service cannot name another one.',
      )
    }
    if (!found.has(key)) found.set(key, line.slice(at + 1))
  }
  return found
}
