import { statfs } from 'node:fs/promises'
import type { ConnectionInfo, Session } from '../../connection/index.ts'
import type { RunLog } from '../../migrate/index.ts'
import type { RestorePlan } from '../../plan/index.ts'
import { formatBytes } from '../../units.ts'

/** Rows as text take about as much as in a table; their indexes come on top, and the log of both until a checkpoint. */
const NEEDED = 1.5

/**
 * Warns where the target's disk looks too small. That can only be known where the target is on this machine, reached by a
 * socket file, and lets its data folder be known; elsewhere nothing is said.
 */
export async function noteSpace(
  session: Session,
  info: ConnectionInfo,
  { tables, log }: { tables: RestorePlan['tables']; log: RunLog },
): Promise<void> {
  const free = await freeBytes(session, info)
  const needed = tables.reduce((sum, { bytes }) => sum + bytes, 0) * NEEDED
  if (free === undefined || free >= needed) return
  log.notice({
    level: 'warning',
    code: 'target.little-space',
    message: `The archive's rows and indexes may take ${formatBytes(needed)} on the target, whose disk has ${formatBytes(free)} left.`,
    hint: 'Make room there first; where it runs out, the same command goes on from there.',
  })
}

async function freeBytes(session: Session, info: ConnectionInfo): Promise<number | undefined> {
  if (info.hosts[0]?.host.startsWith('/') !== true) return undefined
  const [row] = await session.query<{ folder: string | null }>(
    `SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory') AS folder`,
  )
  if (row?.folder == null) return undefined
  try {
    const { bavail, bsize } = await statfs(row.folder)
    return bavail * bsize
  } catch {
    // In a container, the folder is another machine's.
    return undefined
  }
}
