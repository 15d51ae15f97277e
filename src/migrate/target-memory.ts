import type { Session } from '../connection/index.ts'

/**
 * What index builds may use: half of the size of its shared buffers, shared out among the jobs, but no less than the server's own
 * setting and no more than 1 GB. Shared buffers are the one sign of the server's size that SQL shows to everybody.
 */
export async function maintenanceSettings(target: Session, jobs: number): Promise<string> {
  const [row] = await target.query<{ shared: number; own: number }>(
    `select
        (select setting::int8 * 8 from pg_catalog.pg_settings where name = 'shared_buffers') as shared,
        (select setting::int8 from pg_catalog.pg_settings where name = 'maintenance_work_mem') as own`,
  )
  const ownKb = row?.own ?? 65_536
  const shareKb = Math.floor((row?.shared ?? 131_072) / 2 / jobs)
  return `SET maintenance_work_mem = '${String(Math.max(ownKb, Math.min(shareKb, 1_048_576)))}kB'`
}
