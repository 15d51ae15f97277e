const MASK = '***'

/** Makes a text safe to show (invariant 4): the last line of defence, at the edge, for every line that leaves pgleap. */
export type Redact = (text: string) => string

/**
 * A redactor that masks passwords in anything that looks like a connection string, and the given secrets wherever they
 * stand. Secrets below five characters are left to the patterns alone: masking `a` everywhere would hide the message.
 */
export function redactor(secrets: readonly string[]): Redact {
  // Longest first: a secret that contains another one is masked as a whole.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 5).toSorted((a, b) => b.length - a.length)
  return (text) => {
    let safe = text
    for (const secret of known) safe = safe.replaceAll(secret, MASK)
    return redactPairs(redactUris(safe))
  }
}

/** Applies a redactor to every string inside plain data, keys included; the data's shape stays. */
export function redactData<T>(value: T, redact: Redact): T
export function redactData(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactData(item, redact))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactData(item, redact)]))
  }
  return value
}

/**
 * The passwords that connection strings hold, as they stand in them and decoded, and further ones from elsewhere. A
 * word that is also a user's, a host's or a database's name is left out: masking it in every message would say more than
 * it hides.
 */
export function secretsOf(connections: readonly string[], others: readonly string[] = []): string[] {
  const names = new Set(connections.flatMap((connection) => withoutPasswords(connection).split(/[^\p{L}\p{N}_-]+/u)))
  return [...connections.flatMap(passwordsIn), ...others].filter((secret) => secret !== '' && !names.has(secret))
}

function passwordsIn(connection: string): string[] {
  const pairs = [...connection.matchAll(PASSWORD_PAIR)].map((match) => unquote(match[2] ?? ''))
  const userinfo = uriCredentials(connection)?.userinfo ?? ''
  const colon = userinfo.indexOf(':')
  const found = colon === -1 ? pairs : [...pairs, userinfo.slice(colon + 1)]
  return found.flatMap((secret) => [secret, decoded(secret)])
}

function withoutPasswords(connection: string): string {
  const uri = uriCredentials(connection)
  const user = uri?.userinfo.split(':')[0] ?? ''
  const open = uri === undefined ? connection : connection.slice(0, uri.start) + user + connection.slice(uri.end)
  return open.replaceAll(PASSWORD_PAIR, '')
}

const PASSWORD_PAIR = /\b(password|sslpassword|passwd|pwd)\s*=\s*('(?:[^'\\]|\\.|'')*'|[^\s&'"]+)/giu

function redactPairs(text: string): string {
  return text.replace(PASSWORD_PAIR, (_, key: string) => `${key}=${MASK}`)
}

/** Masks the password of every `scheme://user:password@` in a text. */
function redactUris(text: string): string {
  let safe = ''
  let rest = text
  for (;;) {
    const uri = uriCredentials(rest)
    if (uri === undefined) return safe + rest
    const colon = uri.userinfo.indexOf(':')
    const shown = colon === -1 ? uri.userinfo : `${uri.userinfo.slice(0, colon)}:${MASK}`
    safe += `${rest.slice(0, uri.start)}${shown}`
    rest = rest.slice(uri.end)
  }
}

/**
 * Finds the first `://userinfo@` of a text. A password may hold an unescaped `@`, `/` or `?`, so it reaches to the last
 * `@` before the next blank or quote: a little too much may be masked, and never too little.
 */
function uriCredentials(text: string): { userinfo: string; start: number; end: number } | undefined {
  for (const match of text.matchAll(/:\/\/([^\s"'<>]*)@/gu)) {
    const userinfo = match[1] ?? ''
    const start = match.index + 3
    return { userinfo, start, end: start + userinfo.length }
  }
  return undefined
}

function unquote(value: string): string {
  if (!value.startsWith("'")) return value
  return value.slice(1, -1).replaceAll(/\\(.)|''/gu, (pair, escaped: string | undefined) => escaped ?? pair.slice(1))
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    // Not percent-encoded after all: the raw form is already in the list.
    return value
  }
}
