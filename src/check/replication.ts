import { loadSql } from '../sql.ts'

/** Asks either side for a `ReplicationRow`, exactly one. */
export const REPLICATION = loadSql(import.meta.url, 'replication.sql')

/** What a server has for logical replication. */
export interface ReplicationRow {
  settings: Readonly<Record<string, string>>
  /** Replication slots that exist. */
  slots: number
  /** Connections that stream WAL now. */
  senders: number
  /** Replication origins that exist: one for each subscription, and one for each table that it is copying. */
  origins: number
  /** Workers of subscriptions that run now. */
  workers: number
  /** Size of the database. */
  bytes: number
}

/** A numeric setting; undefined where this major does not have it. */
export function numeric(row: ReplicationRow, name: string): number | undefined {
  const value = row.settings[name]
  return value === undefined ? undefined : Number(value)
}

/** Of what is limited by a setting, how much is there and how much of it is free. */
export interface Room {
  name: string
  most: number
  free: number
}

export function room(row: ReplicationRow, name: string, used: number): Room {
  const most = numeric(row, name) ?? 0
  return { name, most, free: Math.max(0, most - used) }
}

/** The setting that limits replication origins: one of its own from PostgreSQL 18 on. */
export function originRoom(row: ReplicationRow): Room {
  const own = 'max_active_replication_origins'
  return room(row, row.settings[own] === undefined ? 'max_replication_slots' : own, row.origins)
}

/** Where tables are copied anew, each takes a slot, a walsender, a worker and an origin of its own while that lasts. */
export function syncWorkers(target: ReplicationRow | undefined): number {
  return (target === undefined ? undefined : numeric(target, 'max_sync_workers_per_subscription')) ?? 2
}
