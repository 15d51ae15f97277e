import { isAcl, tokens, type Archive, type Entry, type Token } from '../../archive/index.ts'

/** How many large objects one statement names. */
const PER_STATEMENT = 500

/**
 * Since 17, one ACL entry says for a group of large objects what its text says of the first one; the others are listed in
 * the entry that makes them (IssueACLPerBlob in pg_backup_archiver.c). Here each statement names all of them.
 */
export function withLargeObjectGrants(archive: Archive): Archive {
  const groups = new Map(
    archive.entries.filter(({ desc }) => desc === 'BLOB METADATA').map((entry) => [entry.dumpId, entry]),
  )
  return {
    ...archive,
    entries: archive.entries.map((entry) => {
      if (!isAcl(entry) || !entry.tag.startsWith('LARGE OBJECTS')) return entry
      const group = entry.dependencies.map((id) => groups.get(id)).find((one) => one !== undefined)
      return group === undefined ? entry : named(entry, oidsOf(group))
    }),
  }
}

/** OIDs of the large objects of a BLOB METADATA entry, one a line. */
export function oidsOf({ defn }: Pick<Entry, 'defn'>): string[] {
  return defn.split('\n').filter((line) => /^\d+$/.test(line))
}

/** The tag becomes that of a single object, whose text is its own. */
function named(entry: Entry, oids: readonly string[]): Entry {
  const statements = cut(entry.defn)
  const defn = statements.flatMap((statement) => forAll(statement, oids)).join('\n')
  return { ...entry, tag: entry.tag.replace('LARGE OBJECTS', 'LARGE OBJECT'), defn }
}

function cut(sql: string): string[] {
  const found: string[] = []
  let start = 0
  for (const { text, end } of tokens(sql)) {
    if (text !== ';') continue
    found.push(sql.slice(start, end).trim())
    start = end
  }
  return found
}

function forAll(statement: string, oids: readonly string[]): string[] {
  const number = numberAfterLargeObject(tokens(statement))
  if (number === undefined) return [statement]
  const [before, after] = [statement.slice(0, number.start), statement.slice(number.end)]
  const statements: string[] = []
  for (let at = 0; at < oids.length; at += PER_STATEMENT) {
    statements.push(`${before}${oids.slice(at, at + PER_STATEMENT).join(', ')}${after}`)
  }
  return statements
}

/** Where the number stands in `ON LARGE OBJECT 16397 TO ...`; its digits are tokens of their own. */
function numberAfterLargeObject(all: readonly Token[]): { start: number; end: number } | undefined {
  const at = all.findIndex(({ name }, index) => name === 'object' && all[index - 1]?.name === 'large')
  const digits: Token[] = []
  if (at === -1) return undefined
  for (const token of all.slice(at + 1)) {
    if (!/^\d$/.test(token.text) || (digits.length > 0 && token.start !== digits.at(-1)?.end)) break
    digits.push(token)
  }
  const [first, last] = [digits[0], digits.at(-1)]
  return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end }
}
