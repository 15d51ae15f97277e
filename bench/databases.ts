import { readFileSync } from 'node:fs'
import { Client } from 'pg'

type Load = (client: Client) => Promise<void>

/** The databases that the tools have to copy, by name. All are made from numbers, so every load is the same. */
export const DATABASES = {
  pgbench: fromFile('pgbench.sql'),
  mixed: fromFile('mixed.sql'),
  objects: manyObjects,
  small: manySmallTables,
  lobs: manyLargeObjects,
} satisfies Record<string, Load>

export type DatabaseName = keyof typeof DATABASES

function fromFile(file: string): Load {
  const sql = readFileSync(new URL(file, import.meta.url), 'utf8')
  return async (client) => void (await client.query(sql))
}

/** 1,400 empty tables, 6,000 indexes (keys included), 2,300 foreign keys. */
async function manyObjects(client: Client): Promise<void> {
  const tables = 1400
  await inBatches(client, tables, (i) => [
    `CREATE TABLE t${i} (id bigint PRIMARY KEY, a integer NOT NULL, b text DEFAULT 'none', c timestamptz, d numeric(10, 2), ref1 bigint, ref2 bigint)`,
    `CREATE INDEX t${i}_a ON t${i} (a)`,
    `CREATE INDEX t${i}_bc ON t${i} (b, c)`,
    `CREATE INDEX t${i}_ref ON t${i} (ref1)`,
    ...(i <= 6000 - 4 * tables ? [`CREATE INDEX t${i}_d ON t${i} (lower(b)) WHERE d > 0`] : []),
  ])
  await inBatches(client, tables, (i) => [
    ...(i > 1 ? [`ALTER TABLE t${i} ADD CONSTRAINT t${i}_fk1 FOREIGN KEY (ref1) REFERENCES t${i - 1}`] : []),
    ...(i <= 2300 - (tables - 1)
      ? [`ALTER TABLE t${i} ADD CONSTRAINT t${i}_fk2 FOREIGN KEY (ref2) REFERENCES t1`]
      : []),
  ])
}

/** 10,000 tables of ten rows with a key and an index each. */
async function manySmallTables(client: Client): Promise<void> {
  await inBatches(client, 10_000, (i) => [
    `CREATE TABLE s${i} (id integer PRIMARY KEY, name text NOT NULL, at timestamptz)`,
    `INSERT INTO s${i} SELECT n, 'name ' || n, '2024-01-01 00:00:00+00' FROM generate_series(1, 10) n`,
    `CREATE INDEX s${i}_name ON s${i} (name)`,
  ])
}

/** 100,000 large objects of 256 bytes, and the table that points to them. */
async function manyLargeObjects(client: Client): Promise<void> {
  await client.query('CREATE TABLE files (id integer PRIMARY KEY, file oid NOT NULL)')
  await inBatches(client, 20, (i) => [
    `INSERT INTO files SELECT n, lo_from_bytea(0, decode(repeat(md5(n::text), 16), 'hex'))
     FROM generate_series(${(i - 1) * 5000 + 1}, ${i * 5000}) n`,
  ])
}

/** Statements for 1..count, some hundred in a transaction, so that the server's lock table holds them. */
async function inBatches(client: Client, count: number, statements: (i: number) => string[]): Promise<void> {
  const size = 200
  for (let from = 1; from <= count; from += size) {
    const batch = Array.from({ length: Math.min(size, count - from + 1) }, (_, n) => statements(from + n)).flat()
    if (batch.length > 0) await client.query(batch.join(';\n'))
  }
}

/** Makes the database unless the server has it whole: it is built under another name and renamed at the end. */
export async function ensureDatabase(serverUrl: string, name: DatabaseName): Promise<string> {
  const final = sourceName(name)
  const building = `${final}_building`
  await withClient(serverUrl, async (admin) => {
    const found = await admin.query('SELECT FROM pg_database WHERE datname = $1', [final])
    if (found.rowCount === 1) return
    await admin.query(`DROP DATABASE IF EXISTS ${building}`)
    await admin.query(`CREATE DATABASE ${building} TEMPLATE template0 ENCODING 'UTF8'`)
    await withClient(databaseUrl(serverUrl, building), async (client) => {
      await DATABASES[name](client)
      await client.query('VACUUM (FREEZE, ANALYZE)')
    })
    await admin.query(`ALTER DATABASE ${building} RENAME TO ${final}`)
  })
  return databaseUrl(serverUrl, final)
}

/** An empty database for one run, in place of the one that the last run filled. */
export async function freshTarget(serverUrl: string): Promise<string> {
  await withClient(serverUrl, async (admin) => {
    await admin.query('DROP DATABASE IF EXISTS bench_target')
    await admin.query(`CREATE DATABASE bench_target TEMPLATE template0 ENCODING 'UTF8'`)
  })
  return databaseUrl(serverUrl, 'bench_target')
}

/** So that no run pays for the dirty pages of the one before it. */
export async function checkpoint(serverUrl: string): Promise<void> {
  await withClient(serverUrl, async (admin) => void (await admin.query('CHECKPOINT')))
}

/** What has to be equal in both databases after a copy: objects by kind, constraints by kind, rows, large objects. */
export async function inventory(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ what: string; n: string }>(
      `SELECT 'relations ' || relkind::text AS what, count(*)::text AS n FROM pg_class
         WHERE relnamespace = 'public'::regnamespace GROUP BY 1
       UNION ALL SELECT 'constraints ' || contype::text || convalidated::text, count(*)::text FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype <> 'n' GROUP BY 1
       UNION ALL SELECT 'invalid indexes', count(*)::text FROM pg_index WHERE NOT indisvalid
       UNION ALL SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata
       ORDER BY 1`,
    )
    const tables = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1 LIMIT 100`,
    )
    const counts: string[] = []
    for (const { name } of tables.rows) {
      const counted = await client.query<{ n: string }>(`SELECT count(*)::text AS n FROM public."${name}"`)
      counts.push(`rows of ${name}: ${counted.rows[0]?.n}`)
    }
    return [...rows.map(({ what, n }) => `${what}: ${n}`), ...counts].join('\n')
  })
}

function sourceName(name: DatabaseName): string {
  return `bench_${name}`
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
