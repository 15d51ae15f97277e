export interface Token {
  /** `word` is an unquoted identifier or keyword, `quoted` one in double quotes, `string` a literal of any sort. */
  kind: 'word' | 'quoted' | 'string' | 'symbol'
  /** As it is written. */
  text: string
  /** What it means: words in lower case, quotes taken off. */
  name: string
  start: number
  end: number
  /** How many parentheses are open around it. */
  depth: number
}

/** One token at a time: comment or space, E'' string, string, quoted identifier, dollar quote, word, any other character. */
const PATTERN =
  /(?<skip>\s+|--[^\n]*|\/\*[^]*?\*\/)|(?<escape>[eE]'(?:[^'\\]|\\[^]|'')*')|(?<string>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*")|(?<dollar>\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<symbol>[^])/gu

/**
 * Cuts SQL as pg_dump writes it (standard_conforming_strings on, no nested comments) into tokens. It never throws: an
 * open quote is a symbol like any other.
 */
export function tokens(sql: string): Token[] {
  const found: Token[] = []
  let depth = 0
  for (const match of sql.matchAll(PATTERN)) {
    const groups = match.groups ?? {}
    const text = match[0]
    if (groups['skip'] !== undefined) continue
    if (text === ')') depth = Math.max(0, depth - 1)
    found.push({ ...meaning(groups, text), text, start: match.index, end: match.index + text.length, depth })
    if (text === '(') depth++
  }
  return found
}

function meaning(groups: Record<string, string | undefined>, text: string): Pick<Token, 'kind' | 'name'> {
  if (groups['word'] !== undefined) return { kind: 'word', name: text.toLowerCase() }
  if (groups['quoted'] !== undefined) return { kind: 'quoted', name: text.slice(1, -1).replaceAll('""', '"') }
  if (groups['string'] !== undefined) return { kind: 'string', name: text.slice(1, -1).replaceAll("''", "'") }
  if (groups['symbol'] !== undefined) return { kind: 'symbol', name: text }
  return { kind: 'string', name: text }
}
