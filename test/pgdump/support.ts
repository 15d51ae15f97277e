import { readFileSync } from 'node:fs'
import {
  entrySql,
  isAboutDatabase,
  stagesOf,
  type Archive,
  type Entry,
  type EntrySqlOptions,
} from '../../src/archive/index.ts'
import { connect, parseConnection, type Session } from '../../src/connection/index.ts'
import { PgleapError } from '../../src/errors.ts'
import { dumpSchema, type DumpSchemaOptions } from '../../src/pgdump/index.ts'
import { connectClient, freshDatabase, type FreshDatabase, type Server, programNamed } from '../kit/index.ts'

/** Of the system's own, where there is one: what the bundled one is measured against. */
export const NATIVE_PG_DUMP = programNamed('pg_dump18') ?? ''

export function session(url: string, signal?: AbortSignal): Promise<Session> {
  return connect(parseConnection(url), { side: 'source', purpose: 'pg_dump', signal })
}

export function dump(url: string, options: Partial<DumpSchemaOptions> = {}): Promise<Archive> {
  return dumpSchema({ source: parseConnection(url), open: (signal) => session(url, signal), ...options })
}

/** A database with every kind of object that pg_dump knows. */
export async function demoDatabase(server: Server): Promise<FreshDatabase> {
  const database = await freshDatabase(server, { with: `template template0 encoding 'UTF8'` })
  for (const file of ['roles', 'demo', 'superuser'] as const) await runDemoFile(database.url, file)
  return droppable(database)
}

export async function runDemoFile(url: string, file: 'roles' | 'demo' | 'superuser'): Promise<void> {
  await using client = await connectClient(url)
  await client.query(readFileSync(new URL(`../../demo/${file}.sql`, import.meta.url), 'utf8'))
}

/** A database with a subscription cannot be dropped. */
export function droppable(database: FreshDatabase): FreshDatabase {
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      const rows = await database.query<{ name: string }>(
        `select format('%I', subname) as name from pg_subscription s join pg_database d on d.oid = s.subdbid
         where datname = current_database()`,
      )
      for (const { name } of rows) {
        await database.query(`alter subscription ${name} set (slot_name = none)`)
        await database.query(`drop subscription ${name}`)
      }
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Runs all entries, stage by stage and in the archive's order; gives what failed. */
export async function restore(archive: Archive, url: string, options: EntrySqlOptions = {}): Promise<string[]> {
  const failures: string[] = []
  const stages = stagesOf(archive)
  await using target = await session(url)
  await target.script('SET check_function_bodies = false')
  for (const stage of ['pre-data', 'data', 'post-data', 'acl', 'late']) {
    for (const entry of archive.entries.filter(({ dumpId }) => stages.get(dumpId) === stage)) {
      for (const statement of entrySql(entry, options)) {
        await target.script(statement).catch((error: unknown) => failures.push(`${describe(entry)}: ${String(error)}`))
      }
    }
  }
  return failures
}

export function describe(entry: Entry): string {
  return [entry.desc, entry.namespace, entry.tag].filter((part) => part !== undefined).join(' ')
}

/** What of an archive is the same in every dump of equal databases: numbers and the database itself aside, everything. */
export function comparable(archive: Archive): unknown[] {
  const names = new Map(archive.entries.map((entry) => [entry.dumpId, describe(entry)]))
  return archive.entries
    .filter((entry) => !isAboutDatabase(entry))
    .map(({ dumpId: _dumpId, catalogOid: _catalogOid, dependencies, ...entry }) => ({
      ...entry,
      dependencies: [...new Set(dependencies.flatMap((id) => names.get(id) ?? []))].toSorted(),
    }))
    .toSorted((a, b) =>
      `${a.desc} ${a.namespace} ${a.tag} ${a.defn}` < `${b.desc} ${b.namespace} ${b.tag} ${b.defn}` ? -1 : 1,
    )
}

/** The PgleapError that the work ends with. */
export async function failure(work: Promise<unknown>): Promise<PgleapError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PgleapError)) throw new Error('expected a PgleapError', { cause: error })
  return error
}
