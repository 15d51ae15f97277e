import type { Client } from 'pg'
import { quoteIdent } from '../../src/sql.ts'
import { connectClient } from '../kit/index.ts'

/**
 * What a database holds, as one line an object: a digest of each table's rows, each sequence's state, each large
 * object's bytes. Written without pgleap's own verifier, which it is to be held against.
 */
export async function contentOf(url: string): Promise<string[]> {
  await using client = await connectClient(url)
  await client.query(`SET search_path = ''; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';
    SET extra_float_digits = 3; SET bytea_output = 'hex'; SET row_security = off; SET session_replication_role = replica`)
  const lines: string[] = []
  for (const { relation, columns } of await tables(client)) {
    // Columns by name, since a table that joined its parent later has them in another order once it is made anew.
    const row = `ROW(${columns.map((column) => `t.${quoteIdent(column)}`).join(', ')})::text`
    lines.push(await one(client, `rows of ${relation}`, `FROM ONLY ${relation} t`, row))
  }
  for (const { relation } of await sequences(client)) {
    lines.push(await one(client, `sequence ${relation}`, `FROM ${relation} t`, `ROW(last_value, is_called)::text`))
  }
  const bytes = `ROW(oid, md5(lo_get(oid)))::text`
  lines.push(await one(client, 'large objects', 'FROM pg_catalog.pg_largeobject_metadata t', bytes))
  return lines
}

async function one(client: Client, label: string, from: string, row: string): Promise<string> {
  const { rows } = await client.query<{ n: string; digest: string | null }>(
    `SELECT count(*)::text AS n, md5(string_agg(md5(${row}), '' ORDER BY md5(${row}) COLLATE "C")) AS digest ${from}`,
  )
  return `${label}: ${rows[0]?.n} ${rows[0]?.digest ?? ''}`
}

/** Populated materialized views are content, too. */
async function tables(client: Client): Promise<{ relation: string; columns: string[] }[]> {
  const { rows } = await client.query<{ relation: string; columns: string[] }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS relation,
       array_agg(a.attname::text ORDER BY a.attname COLLATE "C") FILTER (WHERE a.attname IS NOT NULL) AS columns
     FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     GROUP BY 1 ORDER BY 1`,
  )
  return rows.map(({ relation, columns }) => ({ relation, columns: columns ?? [] }))
}

async function sequences(client: Client): Promise<{ relation: string }[]> {
  const { rows } = await client.query<{ relation: string }>(
    `SELECT format('%I.%I', schemaname, sequencename) AS relation FROM pg_catalog.pg_sequences ORDER BY 1`,
  )
  return rows
}
