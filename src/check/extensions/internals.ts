import type { Session } from '../../connection/index.ts'
import { loadSql, qualified } from '../../sql.ts'
import type { Severity } from '../../report/index.ts'
import { check } from '../check.ts'
import { extensionObject } from './extension-row.ts'

/** An extension that keeps tables in a way of its own, which neither a dump nor a publication knows. */
interface Internals {
  extension: string
  /** A table with a row for each table that it keeps; without a schema, in the extension's own. */
  schema?: string
  table: string
  /** What its rows are: `hypertables`. */
  things: string
  severity: Severity
  message: string
  advice: string
}

const INTERNALS: readonly Internals[] = [
  {
    extension: 'timescaledb',
    schema: '_timescaledb_catalog',
    table: 'hypertable',
    things: 'hypertables',
    severity: 'block',
    message:
      "Their rows are in chunks that only timescaledb's own catalog ties together, and its restore needs timescaledb_pre_restore() and the very same version; a publication of them is empty.",
    advice: "Use Timescale's own migration tools for this database, or turn its hypertables into plain tables first.",
  },
  {
    extension: 'citus',
    schema: 'pg_catalog',
    table: 'pg_dist_partition',
    things: 'distributed tables',
    severity: 'block',
    message: 'Their rows are on other servers, and a table here is empty: a copy of this server alone would lack them.',
    advice: "Use Citus' own way to upgrade, or undistribute_table() on each first.",
  },
  {
    extension: 'pg_ivm',
    table: 'pg_ivm_immv',
    things: 'incrementally maintained views',
    severity: 'error',
    message:
      'They arrive as plain tables: what ties them to their queries is in the catalog of the extension, which no dump takes along.',
    advice: 'Exclude them, and make them on the target with create_immv() when the data is there.',
  },
  {
    extension: 'pg_partman',
    table: 'part_config',
    things: 'partition sets',
    severity: 'warning',
    message:
      'Its maintenance makes and drops partitions whenever it runs; one made on the source during the migration is not on the target.',
    advice:
      'Stop the maintenance on both sides for as long as the migration runs: run run_maintenance_proc() before it begins, with a premake that is long enough, and start it on the target after the switch.',
  },
]

export const internals = check<{ extension: string; count: number }>({
  id: 'X11',
  title: 'No extension keeps tables in a way of its own',
  severity: 'block',
  paths: ['offline', 'online', 'files'],
  source: { probe: ({ source }) => inUse(source) },
  assess: ({ source }) =>
    source.flatMap(({ extension, count }) =>
      INTERNALS.filter((one) => one.extension === extension).map(({ things, severity, message, advice }) => ({
        severity,
        object: extensionObject(extension),
        message: `It keeps ${String(count)} ${things} here. ${message}`,
        fix: { kind: 'advice', text: advice },
      })),
    ),
})

const SCHEMAS = loadSql(import.meta.url, 'extension-schemas.sql')

async function inUse(source: Session): Promise<{ extension: string; count: number }[]> {
  const schemas = await source.query<{ name: string; schema: string }>(SCHEMAS)
  const found: { extension: string; count: number }[] = []
  for (const { extension, schema, table } of INTERNALS) {
    const there = schemas.find(({ name }) => name === extension)
    if (there === undefined) continue
    const [row] = await source.query<{ count: number }>(
      `select pg_catalog.count(*)::pg_catalog.int4 as count from ${qualified(schema ?? there.schema, table)}`,
    )
    if (row !== undefined && row.count > 0) found.push({ extension, count: row.count })
  }
  return found
}
