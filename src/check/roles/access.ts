import { isReserved } from '../../provider/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, qualified, quoteIdent } from '../../sql.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import { counted, listed, statements } from '../names.ts'

interface SecuredTable {
  name: string
  schema: string
  table: string
  /** Whether it hides rows from our login. */
  active: boolean
  forced: boolean
  owner: string
  /** Whether no row security ever holds for its owner. */
  bypasses: boolean
  me: string
}

export const rowSecurity = check<SecuredTable>({
  id: 'R15',
  title: 'Row security hides no rows from our login, nor from the subscription',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'row-security.sql'),
  assess: ({ source }, pair) =>
    source
      .filter(({ schema }) => !isReserved(pair.source.provider, 'schema', schema))
      .flatMap((table) => hidden(table, pair)),
})

function hidden(table: SecuredTable, pair: Pair): NewFinding[] {
  const object = table.name
  if (table.active) {
    const message = `Its row security holds for "${table.me}", so a copy would lack the rows that its policies hide, and is refused.`
    return [{ object, message, fix: seeEverything(table) }]
  }
  if (!pair.paths.has('online') || !table.forced || table.bypasses || pair.target.major < 16) return []
  const owner = quoteIdent(table.owner)
  return [
    {
      severity: 'error',
      object,
      message: `FORCE ROW LEVEL SECURITY holds for its owner "${table.owner}", too. From PostgreSQL 16 on, a subscription writes as the table's owner, and stops at such a table.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: statements(`ALTER ROLE ${owner} BYPASSRLS`),
        undo: statements(`ALTER ROLE ${owner} NOBYPASSRLS`),
      },
    },
  ]
}

/** Owners and those with their rights are exempt, unless it is forced (rls.c, check_enable_rls). */
function seeEverything({ forced, owner, me, bypasses }: SecuredTable): Fix {
  const [role, login] = [quoteIdent(owner), quoteIdent(me)]
  const byOwner = !forced && !bypasses
  return {
    kind: 'sql',
    side: 'source',
    sql: statements(byOwner ? `GRANT ${role} TO ${login}` : `ALTER ROLE ${login} BYPASSRLS`),
    undo: statements(byOwner ? `REVOKE ${role} FROM ${login}` : `ALTER ROLE ${login} NOBYPASSRLS`),
  }
}

interface UnreadableSchema {
  schema: string
  /** Whether our login has USAGE on it. */
  usage: boolean
  tables: string[] | null
  sequences: string[] | null
  me: string
}

interface ClosedDatabase {
  database: string
  me: string
}

export const rights = check<UnreadableSchema, ClosedDatabase>({
  id: 'R16',
  title: 'Our logins may read everything on the source, and make schemas on the target',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'unreadable.sql'),
  target: loadSql(import.meta.url, 'creatable.sql'),
  assess: ({ source, target = [] }, pair) => [
    ...source.filter(({ schema }) => !isReserved(pair.source.provider, 'schema', schema)).map(unreadable),
    ...target.map(notCreatable),
  ],
})

function unreadable({ schema, usage, me, tables, sequences }: UnreadableSchema): NewFinding {
  const names = [...(tables ?? []), ...(sequences ?? [])]
  const closed = usage ? [] : [`USAGE ON SCHEMA ${quoteIdent(schema)}`]
  const rights = [...closed, ...selectOn('TABLE', schema, tables), ...selectOn('SEQUENCE', schema, sequences)]
  const login = quoteIdent(me)
  return {
    object: `schema ${schema}`,
    message: `"${me}" may not read ${counted(names.length, 'object')} of it${usage ? '' : ' (it has no USAGE on the schema, either)'}: ${listed(names)}.`,
    fix: {
      kind: 'sql',
      side: 'source',
      sql: statements(...rights.map((right) => `GRANT ${right} TO ${login}`)),
      undo: statements(...rights.map((right) => `REVOKE ${right} FROM ${login}`)),
    },
  }
}

function selectOn(kind: 'TABLE' | 'SEQUENCE', schema: string, names: readonly string[] | null): string[] {
  if (names === null) return []
  return [`SELECT ON ${kind} ${names.map((name) => qualified(schema, name)).join(', ')}`]
}

function notCreatable({ database, me }: ClosedDatabase): NewFinding {
  const right = `CREATE ON DATABASE ${quoteIdent(database)}`
  return {
    object: `database ${database}`,
    message: `On the target, "${me}" may not make schemas in this database; the source's need that, and so does the ledger of the run.`,
    fix: {
      kind: 'sql',
      side: 'target',
      sql: statements(`GRANT ${right} TO ${quoteIdent(me)}`),
      undo: statements(`REVOKE ${right} FROM ${quoteIdent(me)}`),
    },
  }
}
