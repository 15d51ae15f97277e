import { PgleapError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Splits a connection string into libpq's parameters, not yet checked: a URI, `key=value` pairs, or the bare name of a
 * database (libpq, fe-connect.c: conninfo_uri_parse_options, conninfo_parse). Its errors never quote the string, which
 * may hold a password.
 */
export function splitConninfo(text: string): Map<string, string> {
  const uri = /^postgres(?:ql)?:\/\//.exec(text)
  if (uri !== null) return splitUri(text.slice(uri[0].length))
  if (text.includes('=')) return splitPairs(text)
  if (text.includes('://')) {
    throw usageError(
      'connect.parameters',
      'This connection string is a URI, but not of PostgreSQL.',
      'It starts with postgres:// or postgresql://',
    )
  }
  return text.trim() === '' ? new Map() : new Map([['dbname', text.trim()]])
}

export function usageError(code: string, message: string, hint: string): PgleapError {
  return new PgleapError({ code, message, hint, party: 'usage' })
}

/** `user:password@host:port,host:port/database?key=value&...`, each piece percent-decoded on its own. */
function splitUri(rest: string): Map<string, string> {
  const params = new Map<string, string>()
  // Credentials end at the first @ before any /, as in libpq: an @ or / inside of them is written %40 or %2F.
  const authority = /^([^@/]*)@/.exec(rest)
  if (authority !== null) {
    const [user = '', ...password] = (authority[1] ?? '').split(':')
    if (user !== '') params.set('user', decode(user))
    if (password.length > 0) params.set('password', decode(password.join(':')))
  }
  const after = rest.slice(authority?.[0].length ?? 0)
  const [, hostList = '', database = '', query = ''] =
    /^((?:\[[^\]]*\]|[^/?[\]])*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(after) ?? badUri()

  const hosts: string[] = []
  const ports: string[] = []
  for (const item of hostList.split(',')) {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::([^:]*))?$/.exec(item) ?? badUri()
    hosts.push(decode(match[1] ?? match[2] ?? ''))
    ports.push(decode(match[3] ?? ''))
  }
  if (hosts.some((host) => host !== '')) params.set('host', hosts.join(','))
  if (ports.some((port) => port !== '')) params.set('port', ports.join(','))
  if (database !== '') params.set('dbname', decode(database))
  for (const pair of query === '' ? [] : query.split('&')) {
    const [key = '', value, ...more] = pair.split('=')
    if (value === undefined || more.length > 0) {
      throw usageError(
        'connect.parameters',
        `The query part of the connection URI holds a piece that is not key=value (${JSON.stringify(decode(key))}).`,
        'Write = and & inside of a value as %3D and %26.',
      )
    }
    // JDBC's way to ask for TLS, which libpq takes too.
    if (key === 'ssl' && value === 'true') params.set('sslmode', 'require')
    else params.set(decode(key), decode(value))
  }
  return params
}

function badUri(): never {
  throw usageError(
    'connect.parameters',
    'This connection URI cannot be read.',
    'It looks like postgres://user:password@host:5432/database?sslmode=require; inside of a user or password, write ' +
      '@ as %40, / as %2F, : as %3A and % as %25.',
  )
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text)
    if (!decoded.includes('\0')) return decoded
  } catch {
    // falls through to the same complaint
  }
  throw usageError(
    'connect.parameters',
    'The connection URI holds a % that does not begin a valid code.',
    'Write a plain % as %25.',
  )
}

/** `key = value` pairs between spaces; a value in single quotes may hold spaces, a backslash escapes a character. */
function splitPairs(text: string): Map<string, string> {
  const params = new Map<string, string>()
  const pair = /\s*(?:([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*)?)(?=\s|$)|$)/sy
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex
    const match = pair.exec(text)
    if (match === null || pair.lastIndex === at) {
      throw usageError(
        'connect.parameters',
        `The connection string cannot be read from parameter ${String(params.size + 1)} on.`,
        "It is key=value pairs with spaces between them; a value with spaces stands in single quotes, and ' and \\ " +
          'inside of a value need a backslash before them.',
      )
    }
    const [, key, quoted, plain = ''] = match
    if (key !== undefined) params.set(key, (quoted ?? plain).replaceAll(/\\(.)/gs, '$1'))
  }
  return params
}
