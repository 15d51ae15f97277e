import type { Archive } from './entry.ts'

/** What pg_dump assumed of the session that runs the archive's SQL. */
export interface ArchiveSettings {
  /** PostgreSQL's name of the encoding of the archive's text. The entries are decoded; sessions use UTF8. */
  clientEncoding: string
  /** Archives that do not say so were written with `off`. */
  standardConformingStrings: 'on' | 'off'
  /**
   * Statement that sets the search path once for all entries. Undefined in archives older than 10.3 (CVE-2018-1058),
   * whose entries each want the path of their own schema: `entrySql` with `searchPath: 'per-entry'`.
   */
  searchPath: string | undefined
  /** `CREATE DATABASE ...` and the `ALTER DATABASE` statements, where the dump was made with --create. */
  database: string | undefined
  databaseProperties: string | undefined
}

/** Reads the entries that never run: ENCODING, STDSTRINGS, SEARCHPATH, DATABASE, DATABASE PROPERTIES. */
export function archiveSettings(archive: Archive): ArchiveSettings {
  const defn = (desc: string) => archive.entries.find((entry) => entry.desc === desc)?.defn
  return {
    clientEncoding: quotedValue(defn('ENCODING')) ?? 'SQL_ASCII',
    standardConformingStrings: quotedValue(defn('STDSTRINGS')) === 'on' ? 'on' : 'off',
    searchPath: defn('SEARCHPATH')?.trim(),
    database: defn('DATABASE'),
    databaseProperties: defn('DATABASE PROPERTIES'),
  }
}

/** `x` of `SET something = 'x';` */
export function quotedValue(statement: string | undefined): string | undefined {
  return statement === undefined ? undefined : /'([^']*)'/.exec(statement)?.[1]
}
