import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type RestoreScriptOptions, restoreScript, type ScriptReport } from '../../../src/files/index.ts'
import { connectClient } from '../../kit/index.ts'

/** Restores a script that is given as text. */
export function restoreText(
  script: string | Buffer,
  target: string,
  options: Omit<RestoreScriptOptions, 'script' | 'target'> = {},
): Promise<ScriptReport> {
  return restoreScript({ script: Readable.from([Buffer.from(script)]), target, ...options })
}

/** The rows of all tables of a schema, as one hash a table: what a restore that was broken off must not have doubled. */
export async function rowsOf(url: string, schema = 'public'): Promise<Record<string, string>> {
  await using client = await connectClient(url)
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1 order by 1`,
    [schema],
  )
  const found: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t order by 1`)
    const hash = createHash('sha256').update(rows.map(({ row }) => row).join('\n'))
    found[name] = `${String(rows.length)} ${hash.digest('hex').slice(0, 12)}`
  }
  return found
}

/** Whether a record is left in a database. */
export async function hasRecord(url: string): Promise<boolean> {
  await using client = await connectClient(url)
  const { rowCount } = await client.query(`select from pg_namespace where nspname = 'pgleap'`)
  return rowCount === 1
}
