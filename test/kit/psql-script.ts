/** What a plain SQL script asks for, piece by piece. */
export type ScriptPiece =
  | { readonly kind: 'sql'; readonly text: string }
  /** COPY ... FROM stdin, with the data that follow it up to `\.`. */
  | { readonly kind: 'copy'; readonly text: string; readonly data: string }
  | { readonly kind: 'connect'; readonly database: string }

/** Lines that pg_dump writes and that mean nothing here. */
const IGNORED = new Set(['\\restrict', '\\unrestrict', '\\set', '\\echo', '\\encoding', '\\pset', '\\timing', '\\q'])

/** Where a statement's text pauses: a comment, a string, a quoted name, a dollar quote, a bracket or the end. */
const TOKEN =
  /--[^\n]*|\/\*|'|"|\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$|[();]|\\[^\n]*|[A-Za-z_0-9\x80-\uffff$]+/gy

/**
 * Splits a script as psql would: statements end at a semicolon outside of quotes, comments, brackets and
 * BEGIN ATOMIC bodies; a line that starts with a backslash is psql's own. Throws on a backslash command it does not know.
 */
export function splitScript(script: string): ScriptPiece[] {
  const pieces: ScriptPiece[] = []
  let start = 0
  let at = 0
  let brackets = 0
  let words: string[] = []
  let blocks = 0 // BEGIN ATOMIC and CASE, both of which end with END
  const restart = (position: number): void => {
    start = at = position
    brackets = blocks = 0
    words = []
  }
  while (at < script.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(script)?.[0]
    if (token === undefined) {
      at++
    } else if (token === "'" || token === '"') {
      at = endOfQuoted(script, at, token, words.at(-1))
    } else if (token === '/*') {
      at = endOfComment(script, at)
    } else if (token.startsWith('$') && token.endsWith('$')) {
      at = mustFind(script, token, at + token.length) + token.length
    } else if (token.startsWith('\\')) {
      if (words.length > 0) throw new Error(`A backslash command inside of a statement: ${token}`)
      pieces.push(...backslash(token))
      restart(at + token.length)
    } else if (token === ';' && brackets === 0 && blocks === 0) {
      const text = script.slice(start, at)
      at++
      if (/^copy$/.test(words[0] ?? '') && words.includes('from') && words.includes('stdin')) {
        const dataStart = mustFind(script, '\n', at) + 1
        const [data, next] = copyData(script, dataStart)
        pieces.push({ kind: 'copy', text, data })
        restart(next)
      } else {
        if (words.length > 0) pieces.push({ kind: 'sql', text })
        restart(at)
      }
    } else {
      at += token.length
      if (token === '(') brackets++
      else if (token === ')') brackets--
      else if (/^\w/.test(token)) {
        const word = token.toLowerCase()
        if (word === 'atomic' && words.at(-1) === 'begin') blocks++
        else if (blocks > 0 && word === 'case') blocks++
        else if (blocks > 0 && word === 'end') blocks--
        words.push(word)
      }
    }
  }
  if (words.length > 0) pieces.push({ kind: 'sql', text: script.slice(start) })
  return pieces
}

function mustFind(script: string, wanted: string, from: number): number {
  const found = script.indexOf(wanted, from)
  if (found < 0) throw new Error(`The script ends before ${JSON.stringify(wanted)} that should follow position ${from}`)
  return found
}

/** Only an E'...' string knows the backslash, since standard_conforming_strings is on. A doubled quote just goes on. */
function endOfQuoted(script: string, at: number, quote: string, before: string | undefined): number {
  const escapes = quote === "'" && before === 'e' && /e/i.test(script.charAt(at - 1))
  for (let position = at + 1; position < script.length; position++) {
    const char = script.charAt(position)
    if (char === '\\' && escapes) position++
    else if (char === quote && script.charAt(position + 1) === quote) position++
    else if (char === quote) return position + 1
  }
  throw new Error(`The script ends inside of a ${quote} that opens at position ${at}`)
}

/** Comments nest in SQL. */
function endOfComment(script: string, at: number): number {
  let depth = 0
  const edge = /\/\*|\*\//g
  edge.lastIndex = at
  for (let found = edge.exec(script); found !== null; found = edge.exec(script)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  throw new Error(`The script ends inside of a comment that opens at position ${at}`)
}

/** The data and where the script goes on. */
function copyData(script: string, from: number): [string, number] {
  if (script.startsWith('\\.', from)) return ['', from + 2]
  const end = mustFind(script, '\n\\.', from) + 1
  return [script.slice(from, end), end + 2]
}

function backslash(line: string): ScriptPiece[] {
  const [command = '', argument = ''] = line.trim().split(/\s+/)
  if (command === '\\c' || command === '\\connect') {
    return [{ kind: 'connect', database: argument.replace(/^["'](.*)["']$/, '$1').replace(/;$/, '') }]
  }
  if (IGNORED.has(command)) return []
  throw new Error(`The script uses ${command}, which the test kit does not know`)
}
