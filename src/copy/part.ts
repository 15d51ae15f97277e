import type { Session } from '../connection/index.ts'
import { relay } from '../wire/index.ts'
import type { CopySpec } from './spec.ts'
import { copyStatements } from './statements.ts'

export interface CopyOptions {
  signal?: AbortSignal | undefined
  /** Called for each chunk with what has been moved so far. */
  onProgress?: ((bytes: number, rows: number) => void) | undefined
}

export interface Moved {
  bytes: number
  rows: number
}

/**
 * Moves one part of a table, in the transaction that the caller has open on the target (READ COMMITTED: FREEZE refuses
 * snapshots taken before), reading in whatever snapshot the source's session is in. No trigger, foreign key or index is in
 * the way, as these come after the data. When it throws, the caller's transaction is to be rolled back on both sides.
 */
export async function copyPart(
  source: Session,
  target: Session,
  spec: CopySpec,
  { signal, onProgress }: CopyOptions = {},
): Promise<Moved> {
  const { copyOut, prepare, copyIn } = copyStatements(
    spec,
    spec.encoding === 'SQL_ASCII' ? await serverEncoding(target) : 'UTF8',
  )
  if (prepare !== '') await target.script(prepare)
  return relay(source, target, { copyOutSql: copyOut, copyInSql: copyIn, signal, onProgress })
}

async function serverEncoding(session: Session): Promise<string> {
  const [row] = await session.query<{ server_encoding: string }>('SHOW server_encoding')
  return row?.server_encoding ?? 'UTF8'
}
