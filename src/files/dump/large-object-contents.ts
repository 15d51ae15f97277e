import type { LargeObject } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'

/** Of so many objects the first page is read at once: most large objects are small. */
const AT_ONCE = 32
const FIRST_PAGE = 64 * 1024
const PAGE = 1024 * 1024

/**
 * The contents of large objects, in the order of their OIDs, as a program would read them (holes are zeros). Each has to be
 * read before the next is asked for. Throws the server's DatabaseError where the role may not read one.
 */
export async function* largeObjectContents(
  session: Session,
  oids: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<LargeObject> {
  for (let at = 0; at < oids.length; at += AT_ONCE) {
    signal.throwIfAborted()
    const rows = await session.query<{ oid: number; page: Buffer }>(
      `SELECT o.oid::int8 AS oid, pg_catalog.lo_get(o.oid, 0, $2::int4) AS page
         FROM unnest($1::oid[]) WITH ORDINALITY AS o (oid, place)
        ORDER BY o.place`,
      [oids.slice(at, at + AT_ONCE), FIRST_PAGE],
    )
    for (const { oid, page } of rows) yield { oid, data: pages(session, { oid, first: page }, signal) }
  }
}

async function* pages(
  session: Session,
  { oid, first }: { oid: number; first: Buffer },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first
  if (first.length < FIRST_PAGE) return
  for (let offset = first.length; ;) {
    signal.throwIfAborted()
    const [row] = await session.query<{ page: Buffer }>(
      'SELECT pg_catalog.lo_get($1::oid, $2::int8, $3::int4) AS page',
      [oid, offset, PAGE],
    )
    const page = row?.page ?? Buffer.alloc(0)
    if (page.length > 0) yield page
    if (page.length < PAGE) return
    offset += page.length
  }
}
