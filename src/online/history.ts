import type { Session } from '../connection/index.ts'

/** What the journal of the record tells about the cutovers and rollbacks so far. */
export interface History {
  startedAt: Date
  /** When the side that is written to was opened; the start, where nothing was switched. */
  since: Date
  /** Of the last switch that opened the other side, in milliseconds. */
  lastPauseMs: number | null
}

/** Every switch that came so far as to open the other side has a line of this step. */
export async function readHistory(target: Session): Promise<History> {
  const [row] = await target.query<{ started: string; since: string; pause: number | null }>(
    `SELECT to_char(m.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started,
        to_char(coalesce(o.at, m.started_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS since,
        (SELECT sum(j.ms) FROM pgleap_online.journal j WHERE j.switch = o.switch AND j.line <= o.line) AS pause
     FROM pgleap_online.migration m
     LEFT JOIN LATERAL (
        SELECT * FROM pgleap_online.journal WHERE step = 'open' ORDER BY line DESC LIMIT 1
     ) o ON true`,
  )
  const startedAt = new Date(row?.started ?? 0)
  return { startedAt, since: new Date(row?.since ?? startedAt), lastPauseMs: row?.pause ?? null }
}
