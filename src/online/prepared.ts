import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/**
 * A prepared transaction outlives its session, and could be committed on the side that was left: tables that it has made, and
 * large objects, are under no lock of ours. To be asked when no session is left that could prepare another.
 *
 * @throws PgleapError `online.prepared`
 */
export async function assertNonePrepared(session: Session): Promise<void> {
  const rows = await session.query<{ gid: string }>(
    'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database() ORDER BY prepared',
  )
  if (rows.length === 0) return
  throw new PgleapError({
    code: 'online.prepared',
    message: `Prepared transactions are neither committed nor rolled back on the ${session.side}: ${rows.map(({ gid }) => gid).join(', ')}.`,
    hint: 'Writes go on where they went before. COMMIT PREPARED or ROLLBACK PREPARED, and try again.',
    party: session.side,
  })
}
