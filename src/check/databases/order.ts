import { loadSql } from '../../sql.ts'
import type { NewFinding, ProbeEnds } from '../check.ts'
import { check } from '../check.ts'
import { DATABASES, describeLocale, sortOrder, sortsByCodePoint, type DatabaseRow } from './database-row.ts'
import type { Session } from '../../connection/index.ts'

interface DependentRow {
  kind: 'partitions' | 'check'
  table: string
  constraint: string | null
  /** Null for the default of the database. */
  collation: string | null
  provider: string
  collate: string | null
  /** Of the collation's rules; null for the database's default, and where there is none. */
  version: string | null
}

interface VersionRow {
  provider: 'c' | 'i'
  version: string | null
}

/** How one side orders text. */
export interface Order {
  database: DatabaseRow
  versions: readonly VersionRow[]
}

const VERSIONS = loadSql(import.meta.url, 'collation-versions.sql')
const DEPENDENTS = loadSql(import.meta.url, 'ordered-by-collation.sql')

export const d06 = check<Order & { dependents: readonly DependentRow[] }, Order>({
  id: 'D06',
  title: 'What relies on the order of text finds the same order on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: {
    probe: async ({ source }) => {
      const dependents = await source.query<DependentRow>(DEPENDENTS)
      return (await orderOf(source)).map((order) => ({ ...order, dependents }))
    },
  },
  target: { probe: async ({ target }: ProbeEnds) => (target === undefined ? [] : orderOf(target)) },
  assess: ({ source, target = [] }) =>
    source.flatMap((from) => target.flatMap((to) => from.dependents.flatMap((row) => outOfOrder(row, from, to)))),
})

async function orderOf(session: Session): Promise<Order[]> {
  const databases = await session.query<DatabaseRow>(DATABASES)
  const versions = await session.query<VersionRow>(VERSIONS)
  return databases.filter(({ here }) => here).map((database) => ({ database, versions }))
}

function outOfOrder(row: DependentRow, from: Order, to: Order): NewFinding[] {
  const why = row.collation === null ? defaultDiffers(from, to) : versionDiffers(row, to)
  if (why === undefined) return []
  const what =
    row.kind === 'partitions' ? 'Its partitions are ranges of text' : `Constraint ${row.constraint ?? ''} compares text`
  const then =
    row.kind === 'partitions'
      ? 'a row can belong to another partition there, and the copy of its partition fails'
      : 'a row that is right here can be wrong there, and the copy fails'
  return [
    {
      object: row.kind === 'partitions' ? row.table : `${row.table} ${row.constraint ?? ''}`,
      message: `${what}, and ${why}: ${then}.`,
      fix: {
        kind: 'advice',
        text: 'Make the target database with the locale and version of the source; or rebuild the table on the source with COLLATE "C", which has one order everywhere.',
      },
    },
  ]
}

/** Why the two databases may order text differently by default; undefined where they do not. */
export function defaultDiffers(from: Order, to: Order): string | undefined {
  const [here, there] = [sortOrder(from.database), sortOrder(to.database)]
  if (here !== there) {
    return `the locale of the database is ${describeLocale(from.database)} on the source and ${describeLocale(to.database)} on the target`
  }
  if (here === 'code point') return undefined
  const { provider } = from.database
  return versions(provider, versionOf(provider, from), versionOf(provider, to))
}

/** The same for a collation of its own. */
function versionDiffers({ collation, provider, collate, version }: DependentRow, to: Order): string | undefined {
  if (provider === 'b' || (provider === 'c' && sortsByCodePoint(collate ?? ''))) return undefined
  const why = versions(provider, version, versionOf(provider, to))
  return why === undefined ? undefined : `${why} (collation ${collation ?? ''})`
}

function versionOf(provider: string, order: Order): string | null {
  return order.versions.find((row) => row.provider === provider)?.version ?? null
}

function versions(provider: string, here: string | null, there: string | null): string | undefined {
  if (here !== null && here === there) return undefined
  const name = provider === 'i' ? 'ICU' : 'libc'
  if (here === null || there === null) return `nobody knows whether ${name} orders it alike on both servers`
  return `${name} orders it by version ${here} on the source and ${there} on the target`
}
