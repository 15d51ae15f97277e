import { Client } from 'pg'

/** The kit's own sessions, which the leak check does not count. */
const APPLICATION_NAME = 'kit'

/** A plain session, closed at the end of the block: `await using client = await connectClient(url)`. */
export async function connectClient(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url, application_name: APPLICATION_NAME })
  client.on('error', () => {}) // a server that a test stops also ends this session
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

/** Runs one statement on a session of its own and gives its rows. */
export async function queryOnce<R extends object = Record<string, unknown>>(
  url: string,
  sql: string,
  params: readonly unknown[] = [],
): Promise<R[]> {
  await using client = await connectClient(url)
  const { rows } = await client.query<R>(sql, [...params])
  return rows
}
