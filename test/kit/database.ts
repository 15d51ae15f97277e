import { randomBytes } from 'node:crypto'
import { connectClient, queryOnce } from './client.ts'
import { describeLeaks, lastingLeaks } from './leaks.ts'
import { quoteIdent, quoteLiteral } from '../../src/sql.ts'
import type { Server } from './server.ts'

/** A database that is dropped at the end of the block. */
export interface FreshDatabase extends AsyncDisposable {
  readonly server: Server
  readonly name: string
  /** For the superuser, or for `user`. */
  readonly url: string
  urlFor(user: string, password?: string): string
  /** Runs one statement on a session of its own. */
  query<R extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>
}

export interface DatabaseOptions {
  readonly name?: string
  readonly template?: string
  readonly owner?: string
  /** Further options of CREATE DATABASE, for example `encoding 'LATIN1' locale 'C' template template0`. */
  readonly with?: string
}

/**
 * Creates a database with a name of its own. Disposing first looks for sessions, slots and prepared transactions that
 * the code under test left in it, since dropping would end those sessions unseen; then it drops the database, also one
 * that was created again under this name, and throws if something had been left.
 */
export async function freshDatabase(server: Server, options: DatabaseOptions = {}): Promise<FreshDatabase> {
  const name = options.name ?? `t_${randomBytes(5).toString('hex')}`
  const clauses = [
    options.owner === undefined ? '' : ` owner ${quoteIdent(options.owner)}`,
    options.template === undefined ? '' : ` template ${quoteIdent(options.template)}`,
    options.with === undefined ? '' : ` ${options.with}`,
  ]
  await queryOnce(server.url(), `create database ${quoteIdent(name)}${clauses.join('')}`)
  return databaseNamed(server, name)
}

/** The same for a database that the code under test creates: nothing is created now, what is there then is dropped. */
export function databaseNamed(server: Server, name: string): FreshDatabase {
  return {
    server,
    name,
    url: server.url(name),
    urlFor: (user, password) => server.url(name, user, password),
    query: (sql, params) => queryOnce(server.url(name), sql, params),
    async [Symbol.asyncDispose]() {
      const leaks = await lastingLeaks(server, [], name)
      await dropDatabase(server, name)
      if (leaks.length > 0) throw new Error(describeLeaks(server, leaks))
    },
  }
}

async function dropDatabase(server: Server, name: string): Promise<void> {
  await using client = await connectClient(server.url())
  // FORCE ends sessions, but neither slots nor prepared transactions nor subscriptions, and no template goes.
  const slots = `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1 and not active`
  await client.query(slots, [name])
  const { rows } = await client.query<{ gid: string }>('select gid from pg_prepared_xacts where database = $1', [name])
  if (rows.length > 0) {
    await using inside = await connectClient(server.url(name))
    for (const { gid } of rows) await inside.query(`rollback prepared ${quoteLiteral(gid)}`)
  }
  await client.query('update pg_database set datistemplate = false where datname = $1', [name])
  await client.query(`drop database if exists ${quoteIdent(name)} with (force)`)
}

export interface FreshRole extends AsyncDisposable {
  readonly name: string
}

/**
 * Creates a role, by default one that may log in. Disposing drops it; whatever it owns must be gone by then (declare
 * the role before the database), but for what it was granted on databases that are still there.
 */
export async function freshRole(
  server: Server,
  options: { readonly name?: string; readonly attributes?: string } = {},
): Promise<FreshRole> {
  const name = options.name ?? `r_${randomBytes(5).toString('hex')}`
  await queryOnce(server.url(), `create role ${quoteIdent(name)} ${options.attributes ?? 'login'}`)
  return {
    name,
    async [Symbol.asyncDispose]() {
      await using client = await connectClient(server.url())
      const { rows } = await client.query('select from pg_roles where rolname = $1', [name])
      if (rows.length === 0) return
      await client.query(`drop owned by ${quoteIdent(name)} cascade`)
      await client.query(`drop role ${quoteIdent(name)}`)
    },
  }
}
