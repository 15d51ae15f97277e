import type { Archive, Entry } from './entry.ts'
import { tokens, type Token } from './lexer.ts'

/**
 * An archive in which partitions are attached by TABLE ATTACH entries. Before 14, pg_dump wrote that statement into the TABLE
 * entry of the partition (dumpTableSchema of pg_dump.c), where nobody who asks which tables are one tree finds it.
 */
export function withAttachments(archive: Archive): Archive {
  const tables = new Map(
    archive.entries.filter(({ desc }) => desc === 'TABLE').map((entry) => [nameOf(entry.namespace, entry.tag), entry]),
  )
  let last = 0
  for (const { dumpId, dependencies } of archive.entries) last = Math.max(last, dumpId, ...dependencies)
  const entries = archive.entries.flatMap((entry) => {
    const attach = attachIn(entry)
    if (attach === undefined) return [entry]
    const parent = tables.get(attach.parent)?.dumpId
    last += 1
    return [
      { ...entry, defn: attach.rest },
      {
        ...entry,
        dumpId: last,
        catalogOid: { table: 0, object: 0 },
        desc: 'TABLE ATTACH',
        defn: attach.statement,
        dropStmt: '',
        tablespace: undefined,
        tableAccessMethod: undefined,
        dependencies: parent === undefined ? [entry.dumpId] : [parent, entry.dumpId],
      },
    ]
  })
  return { ...archive, entries }
}

interface Attach {
  /** Schema and name of the partitioned table. */
  parent: string
  statement: string
  /** What else the entry says. */
  rest: string
}

/** `ALTER TABLE ONLY parts.orders ATTACH PARTITION parts.orders_2022 FOR VALUES ...;` among the statements of a partition. */
function attachIn({ desc, defn }: Entry): Attach | undefined {
  if ((desc !== 'TABLE' && desc !== 'FOREIGN TABLE') || !/\bATTACH PARTITION\b/.test(defn)) return undefined
  let words: Token[] = []
  for (const token of tokens(defn)) {
    words.push(token)
    if (token.text !== ';' || token.depth > 0) continue
    const [alter, , only, schema, dot, table, attach] = words
    const start = alter?.start ?? 0
    if (only?.name === 'only' && dot?.text === '.' && attach?.name === 'attach') {
      return {
        parent: nameOf(schema?.name, table?.name),
        statement: `${defn.slice(start, token.end)}\n`,
        rest: defn.slice(0, start).trimEnd() + defn.slice(token.end),
      }
    }
    words = []
  }
  return undefined
}

function nameOf(schema: string | undefined, name: string | undefined): string {
  return JSON.stringify([schema, name])
}
