import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import { relay } from '../wire/index.ts'
import { copyLargeObjectProperties } from './large-object-properties.ts'
import type { CopyOptions, Moved } from './part.ts'

const unreadableSql = loadSql(import.meta.url, 'large-object-unreadable.sql')

/** Bytes of one object that travel at a time: a page of it is held in memory by the servers, never by us. */
const PAGE_BYTES = 16 * 1024 * 1024

export interface LargeObjectRange {
  fromOid: number
  /** The last OID of the range. */
  toOid: number
}

export interface LargeObjectOptions extends CopyOptions {
  /** `skip` leaves every object with the target session's role. */
  owners: 'keep' | 'skip'
  grants: 'keep' | 'skip'
  /** New names for roles, as owners, grantees and grantors. */
  roleMap?: Readonly<Record<string, string>> | undefined
  pageBytes?: number | undefined
}

export interface LargeObjectFailure {
  oid: number
  what: 'content' | 'owner' | 'grants' | 'comment' | 'security label'
  reason: string
}

export interface LargeObjectsMoved extends Moved {
  /** What could not be done, object by object; the rest is done. */
  failures: LargeObjectFailure[]
}

/**
 * Makes the large objects of a range of OIDs on the target, under the same OIDs, with content, owner, grants, comments and
 * security labels, in the transactions that both sessions have open. Objects that exist on the target already make it throw:
 * nothing is overwritten. Needs no superuser: what the roles may not read or set is listed.
 *
 * The content goes set-wise through a temporary table: one COPY reads the first page of every object, one query makes them all;
 * longer objects follow page by page.
 */
export async function copyLargeObjects(
  source: Session,
  target: Session,
  { fromOid, toOid }: LargeObjectRange,
  options: LargeObjectOptions,
): Promise<LargeObjectsMoved> {
  const { signal, onProgress, pageBytes = PAGE_BYTES } = options
  const unreadable = await source.query<{ oid: number }>(unreadableSql, [fromOid, toOid])
  const failures: LargeObjectFailure[] = unreadable.map(({ oid }) => ({
    oid,
    what: 'content',
    reason: `role ${source.user} has no right to read it`,
  }))

  await target.script(
    `CREATE TEMPORARY TABLE IF NOT EXISTS pg_temp.pgleap_large_objects (oid oid, data bytea) ON COMMIT DROP;
     ALTER TABLE pg_temp.pgleap_large_objects ALTER COLUMN data SET STORAGE EXTERNAL;
     TRUNCATE pg_temp.pgleap_large_objects`,
  )
  const skip =
    unreadable.length === 0 ? '' : ` AND m.oid NOT IN (${unreadable.map(({ oid }) => String(oid)).join(', ')})`
  await relay(source, target, {
    copyOutSql: `COPY (SELECT m.oid, pg_catalog.lo_get(m.oid, 0, ${String(pageBytes)})
                         FROM pg_catalog.pg_largeobject_metadata m
                        WHERE m.oid BETWEEN ${String(fromOid)} AND ${String(toOid)}${skip}) TO STDOUT (FORMAT binary)`,
    copyInSql: COPY_IN,
    signal,
    onProgress,
  })
  const [made] = await target.query<{ rows: number; bytes: number }>(
    `SELECT count(pg_catalog.lo_from_bytea(oid, data)) AS rows, COALESCE(sum(octet_length(data)), 0)::int8 AS bytes
       FROM pg_temp.pgleap_large_objects`,
  )
  const moved = { rows: made?.rows ?? 0, bytes: made?.bytes ?? 0 }

  const long = await target.query<{ oid: number }>(
    'SELECT oid::int8 AS oid FROM pg_temp.pgleap_large_objects WHERE octet_length(data) = $1::int4 ORDER BY oid',
    [pageBytes],
  )
  for (const { oid } of long) moved.bytes += await copyFurtherPages(source, target, { oid, pageBytes, signal })
  await target.script('TRUNCATE pg_temp.pgleap_large_objects')

  const inRange = { fromOid, toOid, unreadable: new Set(unreadable.map(({ oid }) => String(oid))) }
  failures.push(...(await copyLargeObjectProperties(source, target, inRange, options)))
  return { ...moved, failures }
}

const COPY_IN = 'COPY pg_temp.pgleap_large_objects (oid, data) FROM STDIN (FORMAT binary)'

/** Copies what an object holds beyond its first page, page by page, until one is not full. Returns the bytes. */
async function copyFurtherPages(
  source: Session,
  target: Session,
  { oid, pageBytes, signal }: { oid: number; pageBytes: number; signal: AbortSignal | undefined },
): Promise<number> {
  let offset = pageBytes
  for (;;) {
    await target.script('TRUNCATE pg_temp.pgleap_large_objects')
    await relay(source, target, {
      copyOutSql: `COPY (SELECT ${String(oid)}::oid, pg_catalog.lo_get(${String(oid)}, ${String(offset)}, ${String(pageBytes)}))
                     TO STDOUT (FORMAT binary)`,
      copyInSql: COPY_IN,
      signal,
    })
    const [page] = await target.query<{ bytes: number }>(
      `SELECT octet_length(data) AS bytes, pg_catalog.lo_put(oid, $1::int8, data) FROM pg_temp.pgleap_large_objects`,
      [offset],
    )
    const bytes = page?.bytes ?? 0
    offset += bytes
    if (bytes < pageBytes) return offset - pageBytes
  }
}
