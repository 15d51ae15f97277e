import type { ConnectionInfo } from './info.ts'

const MASK = '***'

/**
 * Takes every password out of a text that others wrote (a server's message, a child's stderr): the ones of `info`
 * however they are escaped, and whatever stands where connection strings have a password. It rather hides too much
 * than too little: in a URI everything between the user and the last `@` of the word goes, so that a password with
 * `@` or `/` in it leaves no tail.
 */
export function redact(text: string, info?: ConnectionInfo): string {
  let clean = text
  for (const form of info === undefined ? [] : spellings(info)) clean = clean.replaceAll(form, MASK)
  return clean
    .replaceAll(/(postgres(?:ql)?:\/\/[^\s:@/'"]*:)[^\s'"]*@/gi, `$1${MASK}@`)
    .replaceAll(/(password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|[^\s&]+)/gi, `$1${MASK}`)
}

/** The ways in which a secret is written: as it is, percent-encoded, and with the backslashes of key=value strings. */
function spellings(info: ConnectionInfo): string[] {
  const forms = info.secrets().flatMap((secret) => {
    const value = secret.reveal()
    const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
    return [value, encodeURIComponent(value), encodeURI(value), escaped]
  })
  // Longest first: a short form inside of a long one would leave the rest of it standing.
  return [...new Set(forms)].filter((form) => form !== '').toSorted((a, b) => b.length - a.length)
}
