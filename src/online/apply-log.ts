import { DatabaseError, type Session } from '../connection/index.ts'

/** So much of the end of the server's log is looked at. */
const TAIL_BYTES = 256 * 1024

/**
 * Why the apply worker of this subscription failed last, with the row, out of the server's log: SQL tells no more than that
 * it failed. Undefined where the log may not be read (it takes pg_read_server_files or the like, and logging_collector; no
 * managed service grants it) or does not say.
 */
export async function lastApplyError(passive: Session, subscriptionOid: number): Promise<string | undefined> {
  const tail = await logTail(passive)
  return tail === undefined ? undefined : errorIn(tail, subscriptionOid)
}

async function logTail(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.query<{ tail: string | null }>(
      `SELECT pg_catalog.convert_from(pg_catalog.pg_read_binary_file(f.name, greatest(st.size - $1, 0), $1), 'SQL_ASCII') AS tail
       FROM pg_catalog.pg_current_logfile('stderr') AS f (name), pg_catalog.pg_stat_file(f.name) AS st
       WHERE f.name IS NOT NULL`,
      [TAIL_BYTES],
    )
    return row?.tail ?? undefined
  } catch (error) {
    // No right to read it, or it is not there any more: then we do not know.
    if (error instanceof DatabaseError) return undefined
    throw error
  }
}

/**
 * The last message in a log whose context names the subscription's origin, `pg_<oid>` (origin.c; the context is there from
 * 15 on, worker.c, apply_error_callback). In 14 and older the context does not name it, and any apply error is taken.
 */
export function errorIn(log: string, subscriptionOid: number): string | undefined {
  const lines = log.split('\n')
  const origin = `"pg_${String(subscriptionOid)}"`
  const context = lines.findLastIndex(
    (line) => line.includes('CONTEXT:') && (line.includes(origin) || / during (?:message type )?"[A-Z]+"/u.test(line)),
  )
  if (context === -1) return undefined
  const error = lines.slice(0, context).findLastIndex((line) => / (?:ERROR|FATAL): /u.test(line))
  if (error === -1) return undefined
  const said = lines.slice(error, context + 1).map((line) => line.replace(/^.*?(?:ERROR|FATAL|DETAIL|CONTEXT): +/u, ''))
  return said.join('; ')
}
