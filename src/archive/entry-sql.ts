import { qualified, quoteIdent } from '../sql.ts'
import type { Entry } from './entry.ts'
import { isAcl, stageOf } from './kinds.ts'
import { ownedObject } from './owner.ts'
import { mapRoles } from './roles.ts'

/** What is left out or renamed; everything is kept as it is by default. */
export interface EntrySqlOptions {
  owners?: 'keep' | 'skip'
  privileges?: 'keep' | 'skip'
  tablespaces?: 'keep' | 'skip'
  accessMethods?: 'keep' | 'skip'
  comments?: 'keep' | 'skip'
  securityLabels?: 'keep' | 'skip'
  publications?: 'keep' | 'skip'
  subscriptions?: 'keep' | 'skip'
  /** Old name to new name, for owners and for the roles that grants, policies and user mappings name. */
  roleMap?: ReadonlyMap<string, string>
  /** Old name to new name; an empty one stands for the database's default tablespace. */
  tablespaceMap?: ReadonlyMap<string, string>
  /** `per-entry` where `archiveSettings` knows no search path. */
  searchPath?: 'fixed' | 'per-entry'
}

const NO_ROLES: ReadonlyMap<string, string> = new Map()

/**
 * The statements that pg_restore runs for an entry (pg_backup_archiver.c `_printTocEntry`), in order; none for entries
 * that never run, are left out, or hold nothing but a comment. The definition is one element even if it holds several
 * statements: send it by the simple protocol. `SET` is for the session, as in pg_restore: an entry that minds sets it.
 */
export function entrySql(entry: Entry, options: EntrySqlOptions = {}): string[] {
  if (stageOf(entry) === 'never' || isLeftOut(entry, options)) return []
  const definition = definitionOf(entry, options)
  const owner = ownerSql(entry, options)
  if (definition.length === 0 && owner.length === 0) return []
  return [...settingsSql(entry, options), ...definition, ...owner, ...partitionedAccessMethod(entry, options)]
}

function isLeftOut(entry: Entry, options: EntrySqlOptions): boolean {
  if (isAcl(entry)) return options.privileges === 'skip'
  switch (entry.desc) {
    case 'COMMENT':
      return options.comments === 'skip' || isAboutLeftOut(entry, options)
    case 'SECURITY LABEL':
      return options.securityLabels === 'skip' || isAboutLeftOut(entry, options)
    case 'PUBLICATION':
    case 'PUBLICATION TABLE':
    case 'PUBLICATION TABLES IN SCHEMA':
      return options.publications === 'skip'
    case 'SUBSCRIPTION':
    case 'SUBSCRIPTION TABLE':
      return options.subscriptions === 'skip'
    default:
      return false
  }
}

/** What is said of a publication or subscription goes where that goes, as pg_restore 18 has it (_tocEntryRequired). */
function isAboutLeftOut({ tag }: Entry, options: EntrySqlOptions): boolean {
  return (
    (options.publications === 'skip' && tag.startsWith('PUBLICATION ')) ||
    (options.subscriptions === 'skip' && tag.startsWith('SUBSCRIPTION '))
  )
}

/** The SET statements that the definition relies on: tablespace and access method. */
export function settingsSql(entry: Entry, options: EntrySqlOptions): string[] {
  const statements: string[] = []
  if (options.searchPath === 'per-entry' && entry.namespace !== undefined) {
    const path = entry.namespace === 'pg_catalog' ? 'pg_catalog' : `${quoteIdent(entry.namespace)}, pg_catalog`
    statements.push(`SET search_path = ${path};`)
  }
  if (options.tablespaces !== 'skip' && entry.tablespace !== undefined) {
    const tablespace = options.tablespaceMap?.get(entry.tablespace) ?? entry.tablespace
    statements.push(`SET default_tablespace = ${tablespace === '' ? "''" : quoteIdent(tablespace)};`)
  }
  if (options.accessMethods !== 'skip' && entry.tableAccessMethod !== undefined && entry.relkind !== 'p') {
    statements.push(`SET default_table_access_method = ${quoteIdent(entry.tableAccessMethod)};`)
  }
  return statements
}

function definitionOf(entry: Entry, options: EntrySqlOptions): string[] {
  if (entry.desc === 'SCHEMA' && !isOnlyComment(entry.defn)) {
    // Every database starts with this one. pg_dump writes a comment in its place, but not every pg_dump did.
    if (entry.tag === 'public') return ['CREATE SCHEMA IF NOT EXISTS public;']
    // Very old dumps name the owner here.
    if (options.owners === 'skip') return [`CREATE SCHEMA ${quoteIdent(entry.tag)};`]
  }
  if (entry.desc === 'BLOB METADATA') return blobs(entry).map((oid) => `SELECT pg_catalog.lo_create('${oid}');`)
  // One text for many large objects, whose numbers are in another entry: it goes with the data (see IssueACLPerBlob).
  if (isAcl(entry) && entry.tag.startsWith('LARGE OBJECTS')) return []
  const text = mapRoles(entry, options.roleMap ?? NO_ROLES).trim()
  return isOnlyComment(text) ? [] : [text]
}

/** What gives the entry's object to its owner; empty where owners are left out or the entry has none. */
export function ownerSql(entry: Entry, options: EntrySqlOptions): string[] {
  if (options.owners === 'skip' || entry.owner === undefined) return []
  if (stageOf(entry) === 'never' || isLeftOut(entry, options)) return []
  const owner = quoteIdent(options.roleMap?.get(entry.owner) ?? entry.owner)
  if (entry.desc === 'BLOB METADATA') return blobs(entry).map((oid) => `ALTER LARGE OBJECT ${oid} OWNER TO ${owner};`)
  const object = ownedObject(entry)
  return object === undefined ? [] : [`ALTER ${object} OWNER TO ${owner};`]
}

/** A partitioned table stores nothing: SET would not reach it, so it is told after it was made. */
function partitionedAccessMethod(entry: Entry, options: EntrySqlOptions): string[] {
  const { relkind, namespace, tableAccessMethod } = entry
  if (options.accessMethods === 'skip' || relkind !== 'p' || tableAccessMethod === undefined) return []
  const table = namespace === undefined ? quoteIdent(entry.tag) : qualified(namespace, entry.tag)
  return [`ALTER TABLE ${table} SET ACCESS METHOD ${quoteIdent(tableAccessMethod)};`]
}

/** OIDs of the large objects, one a line. */
function blobs(entry: Entry): string[] {
  return entry.defn.split('\n').filter((line) => /^\d+$/.test(line))
}

function isOnlyComment(sql: string): boolean {
  return /^(?:\s|--[^\n]*(?:\n|$))*$/.test(sql)
}
