import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'
import { provedFile, readJsonFile } from './json-file.ts'
import { serverDatabaseSchema } from './server-database.ts'

/** Lies in the folder of a whole server once every database is in it. */
export const SERVER_FILE = 'pgleap-server.json'
/** The roles of the server: for people and psql, and as data for `restore`. */
export const ROLES_SCRIPT = 'roles.sql'
export const ROLES_DATA = 'pgleap-roles.json'

const FORMAT = 1

const serverSchema = z.object({
  format: z.literal(FORMAT),
  source: z.object({
    host: z.string(),
    port: z.int(),
    database: z.string(),
    user: z.string(),
    version: z.string(),
  }),
  roles: z.literal(ROLES_SCRIPT),
  /** The roles and the manifests of the databases, relative to the folder; with these, every file of it is proved. */
  files: z.array(provedFile),
  databases: z.array(
    z.object({
      database: z.string(),
      path: z.string().regex(/^databases\/[^/]+$/),
      moment: z.string(),
      bytes: z.int().nonnegative(),
      /** How to make it; where there is a script of it, as an archive says that itself. */
      made: serverDatabaseSchema.optional(),
    }),
  ),
})

/** What is in the folder of a whole server. Settings of a database may be secrets of an application's; there are no others. */
export type ServerFile = z.infer<typeof serverSchema>

export function serverFileText(file: Omit<ServerFile, 'format' | 'roles'>): string {
  return `${JSON.stringify({ format: FORMAT, roles: ROLES_SCRIPT, ...file }, (_, value: unknown) => value ?? null, 1)}\n`
}

/** Size and SHA-256 of small files in the folder. */
export async function describeFiles(folder: string, paths: readonly string[]): Promise<ServerFile['files']> {
  const described: ServerFile['files'] = []
  for (const path of paths) {
    const bytes = await readFile(join(folder, path))
    described.push({ path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  }
  return described
}

/**
 * Reads what a folder says of itself, with the SHA-256 of that.
 * @throws PgleapError `restore.no-server`, `manifest.unreadable`, `manifest.damaged`, `manifest.version`
 */
export async function readServerFile(folder: string): Promise<ServerFile & { sha256: string }> {
  const hint = 'Copy the folder again from where it was made.'
  const read = await readJsonFile(join(folder, SERVER_FILE), { schema: serverSchema, format: FORMAT, hint })
  if (read === undefined) throw noServer(folder)
  return { ...read.data, sha256: createHash('sha256').update(read.text).digest('hex') }
}

function noServer(folder: string): PgleapError {
  return new PgleapError({
    code: 'restore.no-server',
    message: `${folder} is not the folder of a whole server: there is no ${SERVER_FILE} in it.`,
    hint: 'It is written last: finish a dump that broke off with "pgleap dump --all-databases --resume". One archive or script is restored without --all-databases.',
    party: 'usage',
  })
}
