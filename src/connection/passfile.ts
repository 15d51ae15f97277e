import type { ConnectionFiles } from './files.ts'
import type { Host } from './host.ts'
import { Secret } from './secret.ts'

/** One line of a password file: four patterns, `*` for any, and the password. */
export interface PassEntry {
  readonly patterns: readonly Pattern[]
  readonly password: Secret
}

interface Pattern {
  readonly text: string
  readonly any: boolean
}

/**
 * Reads a libpq password file (`host:port:database:user:password`). As libpq does, a file that is missing, is no plain
 * file, or that others than its owner may read gives nothing (PostgreSQL docs, "The Password File").
 */
export function readPassfile(path: string, files: ConnectionFiles): PassEntry[] {
  const file = files.read(path)
  if (file === undefined || (file.mode & 0o077) !== 0) return []
  return file.text.split('\n').flatMap((raw) => {
    const line = raw.replace(/\r$/, '')
    const entry = line.startsWith('#') ? undefined : parseLine(line)
    return entry === undefined ? [] : [entry]
  })
}

/** The first line that fits wins. A socket in the default folder is `localhost` in the file, as libpq has it. */
export function findPassword(
  entries: readonly PassEntry[],
  host: Host,
  database: string,
  user: string,
): Secret | undefined {
  const name = host.host === '' ? (host.hostaddr ?? '') : host.host
  const hosts = DEFAULT_SOCKET_FOLDERS.includes(name) ? [name, 'localhost'] : [name]
  const entry = entries.find(
    ({ patterns }) =>
      fits(patterns[0], hosts) &&
      fits(patterns[1], [String(host.port)]) &&
      fits(patterns[2], [database]) &&
      fits(patterns[3], [user]),
  )
  return entry?.password
}

function fits(pattern: Pattern | undefined, values: readonly string[]): boolean {
  return pattern !== undefined && (pattern.any || values.includes(pattern.text))
}

/** Where servers put their socket: Debian's and Red Hat's place, and PostgreSQL's own. */
export const DEFAULT_SOCKET_FOLDERS: readonly string[] = ['/var/run/postgresql', '/tmp']

/** Backslash escapes the next character; the password is the rest of the line, to a further unescaped colon. */
function parseLine(line: string): PassEntry | undefined {
  const fields = [...line.matchAll(/((?:\\.|[^:\\]|\\$)*)(:|$)/gs)].map((match) => match[1] ?? '')
  const [host, port, database, user, password] = fields
  if (host === undefined || port === undefined || database === undefined || user === undefined) return undefined
  if (password === undefined || password === '') return undefined
  return {
    patterns: [host, port, database, user].map((raw) => ({ text: unescape(raw), any: raw === '*' })),
    password: new Secret(unescape(password)),
  }
}

function unescape(raw: string): string {
  return raw.replaceAll(/\\(.)/gs, '$1')
}
