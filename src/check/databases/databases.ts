import { isReserved } from '../../provider/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { formatBytes } from '../../units.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { listed } from '../names.ts'
import { DATABASES, type DatabaseRow } from './database-row.ts'

export const d01 = check<DatabaseRow>({
  id: 'D01',
  title: 'Every database of the source can be connected to',
  severity: 'warning',
  paths: ['roles'],
  source: DATABASES,
  assess: ({ source }, pair) =>
    source
      .filter(({ name }) => !isReserved(pair.source.provider, 'database', name))
      .flatMap((row) => cannotConnect(row)),
})

function cannotConnect({ name, open, template, invalid }: DatabaseRow): NewFinding[] {
  const database = quoteIdent(name)
  const object = `database ${name}`
  if (invalid) {
    return [
      {
        object,
        severity: 'error',
        message: 'A DROP DATABASE of it was interrupted: nobody can connect to it any more, and it is not migrated.',
        fix: { kind: 'sql', side: 'source', sql: `DROP DATABASE ${database};` },
      },
    ]
  }
  if (template) {
    return [
      {
        object,
        severity: 'info',
        message: 'It is a template, and a migration of the whole server leaves templates out.',
        fix: { kind: 'advice', text: 'Migrate it alone, if databases are to be made from it on the target.' },
      },
    ]
  }
  if (open) return []
  return [
    {
      object,
      message: 'It takes no connections (ALLOW_CONNECTIONS false), so it is not migrated with the others.',
      fix: {
        kind: 'sql',
        side: 'source',
        sql: `ALTER DATABASE ${database} ALLOW_CONNECTIONS true;`,
        undo: `ALTER DATABASE ${database} ALLOW_CONNECTIONS false;`,
      },
    },
  ]
}

/** From PostgreSQL 19 on, no name of these may hold a line break, by the notes on its betas; not verified on a server. */
const NO_LINE_BREAKS = 19

export const d11 = check<{ kind: 'database' | 'role' | 'tablespace'; name: string }>({
  id: 'D11',
  title: 'No database, role or tablespace has a line break in its name',
  about: 'server',
  severity: 'block',
  paths: ['offline', 'online', 'files', 'roles'],
  when: ({ target }) => target.major >= NO_LINE_BREAKS,
  source: loadSql(import.meta.url, 'line-breaks.sql'),
  assess: ({ source }) =>
    source.map(({ kind, name }) => ({
      object: `${kind} ${JSON.stringify(name)}`,
      message: `From PostgreSQL ${String(NO_LINE_BREAKS)} on, no ${kind} can have this name: it holds a line break.`,
      fix: {
        kind: 'sql' as const,
        side: 'source' as const,
        sql: `ALTER ${kind.toUpperCase()} ${quoteIdent(name)} RENAME TO ${quoteIdent(oneLine(name))};`,
        undo: `ALTER ${kind.toUpperCase()} ${quoteIdent(oneLine(name))} RENAME TO ${quoteIdent(name)};`,
      },
    })),
})

function oneLine(name: string): string {
  return name.replaceAll(/[\r\n]+/gu, '_')
}

interface TablespaceRow {
  name: string
  location: string | null
  /** Relations of the database that we are connected to, and the database itself. */
  here: number
}

const TABLESPACES = loadSql(import.meta.url, 'tablespaces.sql')

export const d12 = check<TablespaceRow, TablespaceRow>({
  id: 'D12',
  title: 'The tablespaces of the source are there on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files', 'roles'],
  source: TABLESPACES,
  target: TABLESPACES,
  assess: ({ source, target }, pair) =>
    source
      .filter(
        ({ name, here }) =>
          (here > 0 || pair.paths.has('roles')) && !isReserved(pair.source.provider, 'tablespace', name),
      )
      .filter((row) => target?.some(({ name }) => name === row.name) !== true)
      .flatMap((row) => noTablespace(row, target === undefined ? 'not asked' : 'missing', pair)),
})

function noTablespace(row: TablespaceRow, there: 'not asked' | 'missing', { target }: Pair): NewFinding[] {
  const { name, location, here } = row
  const refused = target.provider.notAllowed.includes('TABLESPACE')
  const holds = here === 0 ? 'other databases keep objects in it' : `${String(here)} objects of this database lie in it`
  const lacks = there === 'missing' ? 'and the target has none of that name' : 'and the target needs one of that name'
  return [
    {
      object: `tablespace ${name}`,
      ...(there === 'missing' ? {} : { severity: 'warning' as const }),
      message: refused
        ? `${holds}, and ${target.provider.name} lets nobody make tablespaces.`
        : `${holds}${location === null || location === '' ? '' : ` (${location})`}, ${lacks}.`,
      fix: {
        kind: 'advice',
        text: refused
          ? 'Put everything into the default tablespace: --no-tablespaces.'
          : `On the target: CREATE TABLESPACE ${quoteIdent(name)} LOCATION '<an empty folder that belongs to postgres>'; or put everything into the default tablespace: --no-tablespaces.`,
      },
    },
  ]
}

interface DatabaseSizeRow {
  name: string
  template: boolean
  /** Null where our role may not ask. */
  bytes: number | null
  /** Replication slots of the server that are free. */
  free_slots: number
}

export const d13 = check<DatabaseSizeRow>({
  id: 'D13',
  title: 'Every database can have a stream of its own',
  severity: 'info',
  paths: ['online'],
  when: ({ paths }) => paths.has('roles'),
  source: loadSql(import.meta.url, 'database-sizes.sql'),
  assess: ({ source }, pair) =>
    severalStreams(source.filter(({ name }) => !isReserved(pair.source.provider, 'database', name))),
})

function severalStreams(rows: readonly DatabaseSizeRow[]): NewFinding[] {
  // Where there is but one beside the one that every server is born with, there is nothing to plan.
  const databases = rows.filter(({ name }) => name !== 'postgres')
  if (databases.length < 2) return []
  const free = rows[0]?.free_slots ?? 0
  const list = databases.map(({ name, bytes }) => (bytes === null ? name : `${name} ${formatBytes(bytes)}`))
  const short = free < databases.length
  return [
    {
      object: 'databases',
      ...(short ? { severity: 'warning' as const } : {}),
      message: `The source has ${String(databases.length)} databases (${listed(list)}). Each is an online migration of its own, with a slot, a WAL sender and a subscription${short ? `, and only ${String(free)} more slots can be made (max_replication_slots)` : ''}.`,
      fix: {
        kind: 'advice',
        text: short
          ? 'Raise max_replication_slots and max_wal_senders of the source, or migrate the databases one after another.'
          : 'Plan the order: the largest first, for its copy takes the longest.',
      },
    },
  ]
}
