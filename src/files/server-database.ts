import { z } from 'zod'
import { readDatabase, type DatabaseFacts } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'

const PLACE = loadSql(import.meta.url, 'server-database.sql')

/** A database as such, as it was when it was dumped: what a script of its contents does not say. */
export interface ServerDatabase {
  facts: DatabaseFacts
  /** The one that it lay in as a whole. */
  tablespace: string
  labels: SecurityLabel[]
}

export interface SecurityLabel {
  provider: string
  label: string
}

/** The session's own database. */
export async function readServerDatabase(session: Session): Promise<ServerDatabase> {
  const [row] = await session.query<{ tablespace: string; labels: SecurityLabel[] }>(PLACE)
  return {
    facts: await readDatabase(session),
    tablespace: row?.tablespace ?? 'pg_default',
    labels: row?.labels ?? [],
  }
}

/** What is not there is null in the file. */
const optional = z
  .string()
  .nullable()
  .transform((value) => value ?? undefined)

export const serverDatabaseSchema = z.object({
  facts: z.object({
    name: z.string(),
    owner: z.string(),
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    localeProvider: z.enum(['libc', 'icu', 'builtin']),
    icuLocale: optional,
    icuRules: optional,
    connectionLimit: z.int(),
    comment: optional,
    settings: z.array(z.object({ role: optional, name: z.string(), value: z.string() })),
    grants: z
      .array(z.object({ grantee: optional, privilege: z.string(), grantable: z.boolean(), grantor: z.string() }))
      .nullable()
      .transform((value) => value ?? undefined),
  }),
  tablespace: z.string(),
  labels: z.array(z.object({ provider: z.string(), label: z.string() })),
}) satisfies z.ZodType<ServerDatabase>
