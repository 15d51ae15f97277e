import { readFileSync } from 'node:fs'
import { type Archive, entrySql, stagesOf } from '../../src/archive/index.ts'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { quotingFor } from '../../src/migrate/index.ts'
import { dumpSchema } from '../../src/pgdump/index.ts'
import { connectClient, type FreshDatabase, freshDatabase, type Major, queryOnce, server } from '../kit/index.ts'

const demo = (file: string) => readFileSync(new URL(`../../demo/${file}`, import.meta.url), 'utf8')

/** A database with every kind of object that pg_dump knows. */
export async function demoDatabase(major: Major): Promise<FreshDatabase> {
  const at = await server(major)
  await queryOnce(at.url(), demo('roles.sql'))
  const database = subscribed(await freshDatabase(at))
  await using client = await connectClient(database.url)
  await client.query(demo('demo.sql'))
  await client.query(demo('superuser.sql'))
  return database
}

/** As a run between servers of these majors dumps it. */
export async function schemaOf(
  { url }: FreshDatabase,
  majors: { source: number; target: number } = { source: 18, target: 18 },
): Promise<Archive> {
  const source = parseConnection(url)
  const open = (signal: AbortSignal) => connect(source, { side: 'source', purpose: 'schema', signal })
  return dumpSchema({ source, open, quote: quotingFor(majors.source, majors.target) })
}

const STAGES = ['pre-data', 'post-data', 'acl', 'late'] as const

/** Runs an archive's entries as pg_restore would; gives the ones that the server refused. */
export async function restoreSchema(
  archive: Archive,
  major: Major,
): Promise<{ database: FreshDatabase; refused: string[] }> {
  const at = await server(major)
  await queryOnce(at.url(), demo('roles.sql'))
  const database = subscribed(await freshDatabase(at))
  await using client = await connectClient(database.url)
  await client.query(`select set_config('search_path', '', false), set_config('check_function_bodies', 'off', false)`)
  const stages = stagesOf(archive)
  const refused: string[] = []
  for (const stage of STAGES) {
    for (const entry of archive.entries.filter(({ dumpId }) => stages.get(dumpId) === stage)) {
      const sql = [
        ...entrySql(entry, { searchPath: 'fixed' }),
        'reset default_tablespace',
        'reset default_table_access_method',
      ]
      await client
        .query(sql.join('\n;\n'))
        .catch((error: unknown) => refused.push(`${entry.desc} ${entry.tag}: ${String(error)}`))
    }
  }
  return { database, refused }
}

/** A database with a subscription in it cannot be dropped. */
function subscribed(database: FreshDatabase): FreshDatabase {
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      await database.query('drop subscription if exists from_elsewhere')
      await database[Symbol.asyncDispose]()
    },
  }
}
