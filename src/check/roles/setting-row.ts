import { isReserved } from '../../provider/index.ts'
import { loadSql, quoteIdent, settingSql } from '../../sql.ts'
import type { Pair } from '../check.ts'
import { roleObject, statements } from '../names.ts'

/** Asks either side for its settings of roles and databases. */
export const SETTINGS = loadSql(import.meta.url, 'settings.sql')

export interface SettingRow {
  /** Of all roles, where it is null. */
  role: string | null
  /** In all databases, where it is null. */
  database: string | null
  parameter: string
  value: string
  /** Set for the connected database, for one role or all of them. */
  here: boolean
  /** Whether that role may log in and connect to this database. */
  connects: boolean
}

/** Settings that this migration carries to the target: those of the database, with roles all of them. */
export function carried<Row extends SettingRow>(rows: readonly Row[], pair: Pair): Row[] {
  return rows.filter(
    ({ role, database, here }) =>
      (here || pair.paths.has('roles')) &&
      (role === null || !isReserved(pair.source.provider, 'role', role)) &&
      (database === null || !isReserved(pair.source.provider, 'database', database)),
  )
}

/** `role app`, `database shop`, `role app in database shop`, as the object of a finding. */
export function settingOwner({ role, database }: SettingRow): string {
  if (role === null) return database === null ? 'all roles' : `database ${database}`
  return database === null ? roleObject(role) : `${roleObject(role)} in database ${database}`
}

function alter({ role, database }: SettingRow): string {
  if (role === null) return database === null ? 'ALTER ROLE ALL' : `ALTER DATABASE ${quoteIdent(database)}`
  return `ALTER ROLE ${quoteIdent(role)}${database === null ? '' : ` IN DATABASE ${quoteIdent(database)}`}`
}

export function setSql(row: SettingRow, parameter = row.parameter, value = row.value): string {
  return statements(`${alter(row)} SET ${settingSql(parameter, value)}`)
}

export function resetSql(row: SettingRow): string {
  return statements(`${alter(row)} RESET ${row.parameter.split('.').map(quoteIdent).join('.')}`)
}
