import { DatabaseError, SQLSTATE } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** Whether the file system where the files go has no room left, at whatever depth that was found. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) if ('code' in one && FULL.has(one.code)) return true
  return false
}

/**
 * Whether a standby has ended a query that was in the way of its replay (ProcessInterrupts in postgres.c): it would end whoever reads the
 * snapshot next, too. Nothing else gives a transaction that only reads, in one snapshot, this SQLSTATE.
 */
export function isReplayConflict(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof DatabaseError && one.server.sqlstate === SQLSTATE.serializationFailure) return true
  }
  return false
}

const GONE: ReadonlySet<string> = new Set(['snapshot.lost', 'connection.lost'])

/** What has ended a dump of a standby: such a conflict, or a connection that is gone, which is most likely one, too. */
export function isStandbyConflict(error: unknown): boolean {
  return isReplayConflict(error) || (error instanceof PgleapError && GONE.has(error.code))
}

export function standbyConflict(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'dump.standby-conflict',
    message:
      'The source is a standby, and what read it was ended, most likely for the replay of what its primary has written; the dump was not finished.',
    hint: 'Set max_standby_streaming_delay there to more than a dump takes, or pause its replay meanwhile by pg_wal_replay_pause(); where vacuum is to blame, hot_standby_feedback = on helps, too. Or see whether the network stays. Then dump anew.',
    party: 'source',
    cause,
  })
}

/** What a file system refuses, as one sentence. */
export function makeError(path: string, error: unknown): PgleapError {
  if (error instanceof PgleapError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new PgleapError({
    code: 'archive.unwritable',
    message: `${path} cannot be written: ${isDiskFull(error) ? 'there is no space left where it lies' : why}.`,
    hint: isDiskFull(error) ? 'Free space there, or name another place.' : 'Name a place that can be written to.',
    party: 'usage',
    cause: error,
  })
}

export function exists(path: string): PgleapError {
  return new PgleapError({
    code: 'archive.exists',
    message: `${path} is there already.`,
    hint: 'Name a place that is not there yet, or a directory that is empty; nothing is overwritten.',
    party: 'usage',
  })
}

/** One place is worked on by one dump, and what is unfinished is not thrown away unasked. */
export function unfinished(partial: string): PgleapError {
  return new PgleapError({
    code: 'dump.unfinished',
    message: `${partial} holds a dump that was not finished.`,
    hint: 'Go on with it by --resume, or remove it.',
    party: 'usage',
  })
}
