import { start } from '../../src/online/index.ts'
import { end } from '../../src/online/end.ts'
import { connectClient, freshDatabase, server, type FreshDatabase, type Major } from '../kit/index.ts'

/** A source that is replicated to a target; disposing ends the migration, in whatever state it is, and drops both. */
export interface StreamingPair extends AsyncDisposable {
  source: FreshDatabase
  target: FreshDatabase
}

/** One table with a key, one that is copied in the pause, one whose identity has to be changed. */
export const TABLES = `
  create table item (id int primary key, v text);
  insert into item select i, 'v' || i from generate_series(1, 100) i;
  create table note (v text);
  insert into note values ('one');
  create table tag (name text not null, n int);
  create unique index tag_name on tag (name);
  create sequence counter`

/** Makes both databases and starts the stream between them. */
export async function streaming(from: Major, to: Major): Promise<StreamingPair> {
  const source = await freshDatabase(await server(from))
  const target = await freshDatabase(await server(to))
  const pair = {
    source,
    target,
    async [Symbol.asyncDispose]() {
      const [schema] = await target.query(`select from pg_namespace where nspname = 'pgleap_online'`)
      if (schema !== undefined) await end('source', { source: source.url, target: target.url })
      await source[Symbol.asyncDispose]()
      await target[Symbol.asyncDispose]()
    },
  }
  try {
    await write(source, TABLES)
    await start({ source: source.url, target: target.url })
    return pair
  } catch (error) {
    await pair[Symbol.asyncDispose]()
    throw error
  }
}

/** Several statements in one transaction, by a session that may write to a closed database. */
export async function write(database: FreshDatabase, sql: string): Promise<void> {
  await using client = await connectClient(database.url)
  await client.query('set default_transaction_read_only = off')
  await client.query(sql)
}
