import { loadSql } from '../../src/sql.ts'
import { connectClient, queryOnce } from './client.ts'
import type { Major } from './programs.ts'
import { psqlLike } from './psql-like.ts'
import { type Server, startServer } from './server.ts'

export type ImitatedProvider = 'azure-flexible' | 'azure-single' | 'rds' | 'supabase' | 'aptible' | 'plain'

/** A server with a provider's roles, databases and limits, as far as PostgreSQL itself can be made to have them. */
export interface Imitation extends AsyncDisposable {
  readonly provider: ImitatedProvider
  /** `url()` is for the provider's superuser, so that `freshDatabase` and the like work. */
  readonly server: Server
  /** Name of the role that the customer gets. */
  readonly admin: string
  /** Name of the provider's superuser, whom the customer never is (but at Aptible). */
  readonly superuser: string
  /** The database that the customer gets. */
  readonly database: string
  /** The customer's connection string. */
  readonly adminUrl: string
  readonly superuserUrl: string
  /** The customer's connection string for another database. */
  urlFor(database: string): string
}

interface Recipe {
  /** The role that initdb makes is renamed to this. */
  superuser: string
  admin: string
  database: string
  settings: Readonly<Record<string, string>>
  /** Databases that nobody but the superuser gets into, by pg_hba.conf. */
  closed: readonly string[]
}

const RECIPES: Readonly<Record<ImitatedProvider, Recipe>> = {
  'azure-flexible': {
    superuser: 'azuresu',
    admin: 'server_admin',
    database: 'postgres',
    settings: { 'azure.extensions': 'pg_trgm,pgcrypto,hstore', password_encryption: 'scram-sha-256' },
    closed: ['azure_maintenance'],
  },
  'azure-single': {
    superuser: 'azure_superuser',
    admin: 'server_admin',
    database: 'postgres',
    settings: { 'azure.replication_support': 'logical', password_encryption: 'md5' },
    closed: ['azure_maintenance'],
  },
  rds: {
    superuser: 'rdsadmin',
    admin: 'master_user',
    database: 'postgres',
    settings: { 'rds.extensions': 'pg_trgm,pgcrypto,hstore', 'rds.logical_replication': 'on' },
    closed: ['rdsadmin'],
  },
  supabase: { superuser: 'supabase_admin', admin: 'postgres', database: 'postgres', settings: {}, closed: [] },
  aptible: { superuser: 'postgres', admin: 'aptible', database: 'db', settings: {}, closed: [] },
  plain: { superuser: 'postgres', admin: 'plain_admin', database: 'postgres', settings: {}, closed: [] },
}

/**
 * Starts a server of its own that looks like that provider's, in about half a second; `await using` stops it. What a
 * provider patches into PostgreSQL is not there: rds_replication is a role without powers, and before 16 no
 * administrator can make a role with REPLICATION. Nobody needs a password.
 */
export async function imitate(
  provider: ImitatedProvider,
  major: Major,
  options: { readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<Imitation> {
  const recipe = RECIPES[provider]
  const { superuser, admin, database, closed } = recipe
  const own = await startServer({
    major,
    settings: { ...recipe.settings, ...options.settings },
    hba: hba(superuser, closed),
  })
  const server: Server = {
    major,
    host: own.host,
    port: own.port,
    socketDir: own.socketDir,
    dataDir: own.dataDir,
    url: (name, user = superuser, password) => own.url(name, user, password),
    log: () => own.log(),
  }
  try {
    if (superuser !== 'postgres') await renameSuperuser(own, superuser)
    await psqlLike(server.url(), loadSql(import.meta.url, `providers/${provider}.sql`))
  } catch (error) {
    await own[Symbol.asyncDispose]()
    throw error
  }
  return {
    provider,
    server,
    admin,
    superuser,
    database,
    adminUrl: server.url(database, admin),
    superuserUrl: server.url(database),
    urlFor: (name) => server.url(name, admin),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  }
}

/** Nobody can rename himself, so another superuser does it; cheaper than an initdb with another name. */
async function renameSuperuser(server: Server, name: string): Promise<void> {
  await queryOnce(server.url(), 'create role renamer superuser login')
  await queryOnce(server.url('postgres', 'renamer'), `alter role postgres rename to ${name}`)
  await using client = await connectClient(server.url('postgres', name))
  await client.query('drop role renamer')
}

function hba(superuser: string, closed: readonly string[]): string[] {
  return [
    ...closed.flatMap((database) => [
      `host ${database} ${superuser} 127.0.0.1/32 trust`,
      `host ${database} all all reject`,
      `local ${database} all reject`,
    ]),
    'local all all trust',
    'host all all 127.0.0.1/32 trust',
    'host replication all 127.0.0.1/32 trust',
  ]
}
