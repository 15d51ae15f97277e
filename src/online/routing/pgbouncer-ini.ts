import { chmod, chown, copyFile, constants, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { PgleapError } from '../../errors.ts'
import type { Place } from './place.ts'

/**
 * Changes where PgBouncer's configuration file leads a database; every other line and key stays as it is. The new file
 * replaces the old one at once or not at all, and the first one is kept beside it as `FILE.before-pgleap`.
 */
export async function rewriteConfig(path: string, database: string, place: Place): Promise<void> {
  const file = await realpath(path)
  const rewritten = withPlace(await readFile(file, 'utf8'), database, place)
  if (rewritten === undefined) throw noLine(path, database)
  await copyFile(file, `${file}.before-pgleap`, constants.COPYFILE_EXCL).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  const { mode, uid, gid } = await stat(file)
  const temporary = `${file}.pgleap-${String(process.pid)}`
  try {
    // Passwords may be in it: nobody else may read it even for a moment.
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(rewritten)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(temporary, mode)
    await chown(temporary, uid, gid)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * The text of a configuration file with the database's line changed; undefined where section [databases] has no line for it.
 * PgBouncer's parser: libusual's cfparser.c for the file, loader.c (parse_database) for the line.
 */
export function withPlace(text: string, database: string, place: Place): string | undefined {
  let section = ''
  let found = false
  const lines = text.split('\n').map((line) => {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim() ?? section
    if (section !== 'databases') return line
    const [, start, name = '', middle, rest = ''] =
      /^(\s*)("(?:[^"]|"")*"|[^\s=;#"]+)(\s*=\s*)(.*?)\r?$/.exec(line) ?? []
    if (start === undefined || unquoted(name) !== database) return line
    found = true
    return `${start}${name}${middle ?? ''}${changed(rest, database, place)}${line.endsWith('\r') ? '\r' : ''}`
  })
  return found ? lines.join('\n') : undefined
}

const PAIR = /(\w+)(\s*=\s*)('(?:[^']|'')*'|\S+)/g

function changed(connection: string, name: string, { host, port, database }: Place): string {
  const wanted = new Map([
    ['host', host],
    ['port', String(port)],
    ['dbname', database],
  ])
  const kept = connection.replaceAll(PAIR, (pair, key: string, equals: string) => {
    const value = wanted.get(key)
    if (value === undefined) return pair
    wanted.delete(key)
    return `${key}${equals}${quoted(value)}`
  })
  // Without dbname, the database is called as the entry is.
  if (database === name) wanted.delete('dbname')
  const added = [...wanted].map(([key, value]) => `${key}=${quoted(value)}`)
  return [...added, kept].filter((part) => part !== '').join(' ')
}

function quoted(value: string): string {
  return /^[\w.:/@-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

function noLine(path: string, database: string): PgleapError {
  return new PgleapError({
    code: 'online.pgbouncer-config',
    message: `Section [databases] of ${path} has no line for "${database}".`,
    hint: 'Name the file that holds that line itself, not one that includes it, and the database as PgBouncer calls it.',
    party: 'usage',
  })
}
