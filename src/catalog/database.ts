import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { DatabaseFacts, DatabaseLabel, ExtensionFacts, LargeObjectFacts, SequenceFacts } from './facts.ts'
import { statement } from './statements.ts'

const databaseSql = statement('database', [14, 15, 16])
const settingsSql = statement('database-settings')
const grantsSql = statement('database-grants')
const labelsSql = statement('database-labels')
const extensionsSql = statement('extensions')
const referencesSql = statement('extension-references')
const sequencesSql = statement('sequences')
const largeObjectsSql = statement('large-objects')
const largeObjectRangesSql = statement('large-object-ranges')

interface DatabaseRow {
  name: string
  owner: string
  encoding: string
  collate: string
  ctype: string
  locale_provider: 'c' | 'i' | 'b'
  icu_locale: string | null
  icu_rules: string | null
  connection_limit: number
  comment: string | null
  has_grants: boolean
}

const LOCALE_PROVIDERS = { c: 'libc', i: 'icu', b: 'builtin' } as const

/** The properties, settings and grants of the session's own database. */
export async function readDatabase(session: Session): Promise<DatabaseFacts> {
  const [row] = await session.query<DatabaseRow>(databaseSql(session.major))
  if (row === undefined) {
    throw new PgleapError({
      code: 'catalog.database',
      message: `The server does not list its own database ${session.database}`,
      party: session.side,
    })
  }
  const settings = await session.query<{ role: string | null; setting: string }>(settingsSql(session.major))
  const grants = await session.query<{
    grantee: string | null
    privilege: string
    grantable: boolean
    grantor: string
  }>(grantsSql(session.major))
  return {
    name: row.name,
    owner: row.owner,
    encoding: row.encoding,
    collate: row.collate,
    ctype: row.ctype,
    localeProvider: LOCALE_PROVIDERS[row.locale_provider],
    icuLocale: row.icu_locale ?? undefined,
    icuRules: row.icu_rules ?? undefined,
    connectionLimit: row.connection_limit,
    comment: row.comment ?? undefined,
    settings: settings.map(({ role, setting }) => {
      // A setting's name never holds an equals sign; its value may.
      const equals = setting.indexOf('=')
      return { role: role ?? undefined, name: setting.slice(0, equals), value: setting.slice(equals + 1) }
    }),
    grants: row.has_grants ? grants.map((grant) => ({ ...grant, grantee: grant.grantee ?? undefined })) : undefined,
  }
}

/** The security labels of the session's own database. */
export async function readDatabaseLabels(session: Session): Promise<DatabaseLabel[]> {
  return session.query<DatabaseLabel>(labelsSql(session.major))
}

/** The extensions of the database, by name. */
export async function readExtensions(session: Session): Promise<ExtensionFacts[]> {
  return session.query<ExtensionFacts>(extensionsSql(session.major))
}

/** By the OID of a table: the tables of extensions that it has foreign keys to, which are there before any row is. */
export async function readExtensionReferences(session: Session): Promise<Map<number, number[]>> {
  const references = new Map<number, number[]>()
  for (const { from, to } of await session.query<{ from: number; to: number }>(referencesSql(session.major))) {
    references.set(from, [...(references.get(from) ?? []), to])
  }
  return references
}

/** Every sequence whose value is ours to carry over, by schema and name. */
export async function readSequences(session: Session): Promise<SequenceFacts[]> {
  const rows = await session.query<
    Omit<SequenceFacts, 'tableOid' | 'extension'> & { table_oid: number | null; extension: string | null }
  >(sequencesSql(session.major))
  return rows.map(({ table_oid, extension, ...row }) => ({
    ...row,
    tableOid: table_oid ?? undefined,
    extension: extension ?? undefined,
  }))
}

/** How many large objects there are, and how to cut them into ranges of at most `perRange` objects. */
export async function readLargeObjects(
  session: Session,
  { perRange = 10_000 }: { perRange?: number } = {},
): Promise<LargeObjectFacts> {
  const [row] = await session.query<{ count: number; bytes: number }>(largeObjectsSql(session.major))
  const ranges = await session.query<{ from_oid: number; to_oid: number; count: number }>(
    largeObjectRangesSql(session.major),
    [perRange],
  )
  return {
    count: row?.count ?? 0,
    bytes: row?.bytes ?? 0,
    ranges: ranges.map((range) => ({ fromOid: range.from_oid, toOid: range.to_oid, count: range.count })),
  }
}
