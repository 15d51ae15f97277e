import { setTimeout } from 'node:timers/promises'
import { readWriteCounters, writesBetween } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import type { WriteRate } from './recommend.ts'

const POSITION = loadSql(import.meta.url, 'wal-position.sql')

/** Looks twice, `sampleMs` apart, at how much has been written. Counters lag behind by up to a second. */
export async function sampleWrites(source: Session, sampleMs: number, signal?: AbortSignal): Promise<WriteRate> {
  const before = { at: performance.now(), wal: await walPosition(source), rows: await readWriteCounters(source) }
  await setTimeout(sampleMs, undefined, signal === undefined ? {} : { signal })
  const after = { at: performance.now(), wal: await walPosition(source), rows: await readWriteCounters(source) }
  const seconds = (after.at - before.at) / 1000
  const writes = writesBetween(before.rows, after.rows)
  const rows = writes.found === 'tables' ? writes.tables.reduce((sum, table) => sum + table.rows, 0) : 0
  return {
    rowsPerSecond: rows / seconds,
    walBytesPerSecond: Number(after.wal - before.wal) / seconds,
    sampledMs: Math.round(seconds * 1000),
  }
}

async function walPosition(session: Session): Promise<bigint> {
  const [row] = await session.query<{ position: string | null }>(POSITION)
  return BigInt(row?.position ?? 0)
}
