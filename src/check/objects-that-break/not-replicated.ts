import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { generatedIdentities, identityFactsQuery, type IdentityFacts } from '../data-shape/index.ts'
import { counted, listed, statements } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface OnlineObject extends ObjectRow {
  kind: 'unlogged' | 'materialized view'
  populated: boolean
  partitioned: boolean
  bytes: number
  empty_sources: string[]
}

const ONLINE_OBJECTS = loadSql(import.meta.url, 'online-objects.sql')

/** "publisher did not send replica identity column", and on 18 "Replica identity must not contain unpublished generated columns". */
export const generatedIdentity = check<IdentityFacts>({
  id: 'O14',
  title: 'No replica identity has a generated column',
  severity: 'warning',
  paths: ['online'],
  source: identityFactsQuery,
  assess: ({ source }, pair) => generatedIdentities(source, pair),
})

/** A publication takes permanent tables alone (check_publication_add_relation, pg_publication.c). */
export const unloggedTables = check<OnlineObject>({
  id: 'O16',
  title: 'No table is unlogged',
  severity: 'error',
  paths: ['online', 'files'],
  source: ONLINE_OBJECTS,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ kind }) => kind === 'unlogged')
      .flatMap((row) => unlogged(row, pair)),
})

function unlogged({ name, partitioned }: OnlineObject, pair: Pair): NewFinding[] {
  if (partitioned) {
    if (!pair.paths.has('files') || !crosses(pair, 18)) return []
    return [
      {
        object: name,
        severity: 'warning',
        message: `It is partitioned and UNLOGGED, which meant nothing and is an error since PostgreSQL 18. pgleap leaves the word out; a dump file of a pg_dump before 18 has it, and ${target(pair)} rejects it.`,
        fix: { kind: 'advice', text: 'Make dump files with pg_dump 18 or pgleap dump.' },
      },
    ]
  }
  if (!pair.paths.has('online')) return []
  return [
    {
      object: name,
      message:
        'It is unlogged, and an unlogged table cannot be published: changes that are made to it during the migration do not arrive.',
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`ALTER TABLE ${name} SET LOGGED`),
        undo: statements(`ALTER TABLE ${name} SET UNLOGGED`),
      },
    },
  ]
}

/** pg_dump does not refresh what reads an empty materialized view (buildMatViewRefreshDependencies, pg_dump.c). */
export const materializedViews = check<OnlineObject>({
  id: 'O19',
  title: 'Materialized views arrive with rows, and stay up to date',
  severity: 'info',
  paths: EVERY_COPY,
  source: ONLINE_OBJECTS,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ kind, populated }) => kind === 'materialized view' && populated)
      .flatMap((row) => materializedView(row, pair)),
})

function materializedView({ name, empty_sources: empty }: OnlineObject, pair: Pair): NewFinding[] {
  const object = `materialized view ${name}`
  if (empty.length > 0) {
    return [
      {
        object,
        severity: 'warning',
        message: `It has rows, but reads ${listed(empty)}, which has none since its last REFRESH ... WITH NO DATA: it cannot be refreshed, and arrives empty.`,
        fix: {
          kind: 'sql',
          side: 'source',
          sql: statements(...empty.map((view) => `REFRESH MATERIALIZED VIEW ${view}`)),
          undo: statements(...empty.map((view) => `REFRESH MATERIALIZED VIEW ${view} WITH NO DATA`)),
        },
      },
    ]
  }
  if (!pair.paths.has('online')) return []
  return [
    {
      object,
      message: 'It is not replicated. On the target it shows the rows of the first copy until it is refreshed there.',
      fix: { kind: 'sql', side: 'target', sql: statements(`REFRESH MATERIALIZED VIEW ${name}`) },
    },
  ]
}

/** Large objects belong to no table: no publication carries them. */
export const largeObjects = check<{ count: number; bytes: number; unreadable: number; managed: number }>({
  id: 'O20',
  title: 'Large objects can be read, and are not written to during an online migration',
  severity: 'error',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'large-objects.sql'),
  assess: ({ source: [row] }, pair) => {
    if (row === undefined || row.count === 0) return []
    const unreadable = {
      severity: 'block' as const,
      object: 'large objects',
      message: `The user that migrates may not read ${counted(row.unreadable, 'large object')} of ${String(row.count)}: the copy fails.`,
      fix: {
        kind: 'advice' as const,
        text: 'Connect as their owner, a member of it, or a superuser; or set lo_compat_privileges for the role (a superuser has to).',
      },
    }
    const managed =
      row.managed === 0 ? '' : ` ${counted(row.managed, 'trigger')} calls lo_manage, so the application writes them.`
    const notReplicated = {
      object: 'large objects',
      message: `Logical replication does not carry large objects (${String(row.count)} here): those that are made, changed or deleted after the first copy differ on the target.${managed}`,
      fix: {
        kind: 'advice' as const,
        text: 'Stop writing them before the migration starts, keep new ones in columns of type bytea, or migrate offline.',
      },
    }
    return [...(row.unreadable > 0 ? [unreadable] : []), ...(pair.paths.has('online') ? [notReplicated] : [])]
  },
})
