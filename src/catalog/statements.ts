import { loadSql } from '../sql.ts'

/**
 * Reads the statement `name`.sql of this room. Where majors differ, `name`.N.sql is the form for majors up to N:
 * `upTo` lists these N, in rising order.
 */
export function statement(name: string, upTo: readonly number[] = []): (major: number) => string {
  const newest = load(`${name}.sql`)
  const older = upTo.map((major) => ({ major, sql: load(`${name}.${String(major)}.sql`) }))
  return (major) => older.find((form) => major <= form.major)?.sql ?? newest
}

function load(file: string): string {
  return loadSql(import.meta.url, file)
}
