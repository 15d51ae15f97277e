import { existsSync, readFileSync } from 'node:fs'
import { from as copyFrom } from 'pg-copy-streams'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Server, connectClient, queryOnce } from '../kit/index.ts'

/** Databases that nobody here wrote; the tests that use them are skipped where the folder is absent. */
const SHARED_DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

export interface ForeignDatabase {
  name: string
  files: string[]
  /** What the files take for granted. */
  before: string
  /** What they do that is for us to do. */
  leaveOut: RegExp
}

export const FOREIGN_DATABASES: readonly ForeignDatabase[] = [
  {
    name: 'pagila',
    files: ['pagila/pagila-schema.sql', 'pagila/pagila-data.sql'],
    before: 'CREATE SCHEMA pagila',
    leaveOut: /(?!)/g,
  },
  {
    name: 'chinook',
    files: ['chinook/ChinookDatabase/DataSources/Chinook_PostgreSql.sql'],
    before: '',
    leaveOut: /^(?:DROP DATABASE|CREATE DATABASE|\\c ).*$/gm,
  },
]

export function isPresent({ files }: ForeignDatabase): boolean {
  return files.every((file) => existsSync(SHARED_DATA + file))
}

/** Makes an empty UTF8 database and gives its address. */
export async function emptyDatabase(server: Server, name: string): Promise<string> {
  await queryOnce(server.url(), `CREATE DATABASE "${name}" TEMPLATE template0 ENCODING 'UTF8'`)
  return server.url(name)
}

/** The demo's roles belong to the server: both ends of a migration need them. */
export async function loadRoles(server: Server): Promise<void> {
  await loadDemoFile(server.url(), 'roles')
}

export async function loadDemo(server: Server, name: string): Promise<string> {
  const url = await emptyDatabase(server, name)
  await loadDemoFile(url, 'demo')
  await loadDemoFile(url, 'superuser')
  return url
}

async function loadDemoFile(url: string, file: 'roles' | 'demo' | 'superuser'): Promise<void> {
  await using client = await connectClient(url)
  await client.query(readFileSync(new URL(`../../demo/${file}.sql`, import.meta.url), 'utf8'))
}

export async function loadForeign(server: Server, { name, files, before, leaveOut }: ForeignDatabase): Promise<string> {
  const url = await emptyDatabase(server, name)
  await using client = await connectClient(url)
  if (before !== '') await client.query(before)
  for (const file of files) {
    // A script for psql: statements, and after each COPY its rows up to a line of `\.`.
    const script = readFileSync(SHARED_DATA + file, 'utf8').replaceAll(leaveOut, '')
    for (const piece of script.split(/^\\\.$/m)) {
      const copy = /^COPY .* FROM stdin;\n/m.exec(piece)
      await client.query(copy === null ? piece : piece.slice(0, copy.index))
      if (copy !== null) {
        const rows = piece.slice(copy.index + copy[0].length)
        await pipeline(Readable.from([rows]), client.query(copyFrom(copy[0])))
      }
    }
  }
  return url
}

/** Drops a database; a subscription in it forbids that, even one that never connects. */
export async function dropDatabase(server: Server, name: string): Promise<void> {
  const url = server.url(name)
  const subscriptions = await queryOnce<{ name: string }>(
    url,
    `SELECT format('%I', subname) AS name FROM pg_subscription
     WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  for (const subscription of subscriptions) await queryOnce(url, `DROP SUBSCRIPTION ${subscription.name}`)
  await queryOnce(server.url(), `DROP DATABASE "${name}"`)
}
