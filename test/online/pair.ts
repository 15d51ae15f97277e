import { start, type OnlineStartOptions } from '../../src/online/index.ts'
import { connectClient, queryOnce, startServer, type Major, type OwnServer } from '../kit/index.ts'

/** One side of a pair: a server of its own with a database `app`. */
export interface PairSide extends AsyncDisposable {
  server: OwnServer
  url: string
  query: <R extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]) => Promise<R[]>
}

/** A source that is replicated to a target. */
export interface StreamingPair extends AsyncDisposable {
  source: PairSide
  target: PairSide
}

/** One table with a key, one that is copied in the pause, one whose identity has to be changed. */
const TABLES = `
  create table item (id int primary key, v text);
  insert into item select i, 'v' || i from generate_series(1, 100) i;
  create table note (v text);
  insert into note values ('one');
  create table tag (name text not null, n int);
  create unique index tag_name on tag (name);
  create sequence counter`

/** Worker processes come back at once, and not after five seconds. */
const SETTINGS = { wal_retrieve_retry_interval: '200ms' }

async function side(major: Major, settings: Record<string, string>): Promise<PairSide> {
  const server = await startServer({ major, settings: { ...SETTINGS, ...settings } })
  await queryOnce(server.url(), 'create database app')
  const url = server.url('app')
  return {
    server,
    url,
    query: (sql, params) => queryOnce(url, sql, params),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Two servers, whose databases nothing connects yet. */
export async function pairOf(
  from: Major,
  to: Major,
  settings: Partial<Record<'source' | 'target', Record<string, string>>> = {},
): Promise<StreamingPair> {
  const source = await side(from, settings.source ?? {})
  const target = await side(to, settings.target ?? {})
  await write(source, TABLES)
  return {
    source,
    target,
    async [Symbol.asyncDispose]() {
      await target[Symbol.asyncDispose]()
      await source[Symbol.asyncDispose]()
    },
  }
}

/** Starts the stream between two. */
export async function stream(
  { source, target }: StreamingPair,
  options: Partial<OnlineStartOptions> = {},
): Promise<void> {
  await start({ source: source.url, target: target.url, ...options })
}

/** Several statements in one transaction, by a session that may write to a closed database. */
export async function write({ url }: Pick<PairSide, 'url'>, sql: string): Promise<void> {
  await using client = await connectClient(url)
  await client.query('set default_transaction_read_only = off')
  await client.query(sql)
}

/** The first value that is as it should be; the test's own limit ends the wait. */
export async function until<T>(look: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look()
    if (isRight(value)) return value
  }
}
