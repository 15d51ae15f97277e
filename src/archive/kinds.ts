import type { Archive, Entry } from './entry.ts'

/**
 * When an entry runs: everything of one stage before anything of the next, as pg_restore's passes do it. `never` are the
 * entries that say what to set up (see `archiveSettings`); `data` are those that fill tables, sequences and large objects.
 */
export type Stage = 'never' | 'pre-data' | 'data' | 'post-data' | 'acl' | 'late'

const NEVER = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE', 'DATABASE PROPERTIES', '<Init>'])
const ABOUT_OBJECTS = new Set(['ACL', 'COMMENT', 'SECURITY LABEL'])

/** True for entries that pg_restore runs with --create only, because they are about the database itself. */
export function isAboutDatabase(entry: Entry): boolean {
  return entry.desc.startsWith('DATABASE') || (ABOUT_OBJECTS.has(entry.desc) && entry.tag.startsWith('DATABASE '))
}

/**
 * True for entries whose SQL holds connection strings or options, where passwords are, and which servers quote in their
 * messages: nothing of them may reach an event or a report (invariant 4).
 */
export function mayHoldSecret(entry: Entry): boolean {
  return MAY_HOLD_SECRETS.has(entry.desc)
}

const MAY_HOLD_SECRETS = new Set(['SUBSCRIPTION', 'USER MAPPING', 'SERVER', 'FOREIGN DATA WRAPPER', 'FOREIGN TABLE'])

/** pg_backup_archiver.c `_tocEntryIsACL`. */
export function isAcl(entry: Entry): boolean {
  return entry.desc === 'ACL' || entry.desc === 'ACL LANGUAGE' || entry.desc === 'DEFAULT ACL'
}

/**
 * The stage of each entry, by dump id. An entry of no section (a comment, a label) belongs with what it depends on; one
 * whose objects are not in the archive belongs where it stands. After `_tocEntryRestorePass` and `_tocEntryRequired`.
 */
export function stagesOf(archive: Archive): Map<number, Stage> {
  const stages = new Map<number, Stage>()
  let reached: Stage = 'pre-data'
  for (const entry of archive.entries) {
    const stage: Stage = stageOf(entry) ?? latest(entry.dependencies.map((id) => stages.get(id))) ?? reached
    stages.set(entry.dumpId, stage)
    if (entry.section !== 'none' && LATEST_FIRST.includes(stage)) reached = stage
  }
  return stages
}

/** The stage that the entry has by itself; undefined where that is a matter of what it depends on (see `stagesOf`). */
export function stageOf(entry: Entry): Stage | undefined {
  if (NEVER.has(entry.desc) || isAboutDatabase(entry)) return 'never'
  if (isAcl(entry)) return 'acl'
  if (isLate(entry)) return 'late'
  if (isLargeObject(entry)) return 'data'
  return entry.section === 'none' ? undefined : entry.section
}

function isLate(entry: Entry): boolean {
  switch (entry.desc) {
    case 'EVENT TRIGGER':
    case 'MATERIALIZED VIEW DATA':
      return true
    case 'COMMENT':
    case 'SECURITY LABEL':
      return entry.tag.startsWith('EVENT TRIGGER ')
    case 'STATISTICS DATA':
      // Of a materialized view or an index: a refresh would overwrite them.
      return entry.section === 'post-data'
    default:
      return false
  }
}

/** Large objects and what hangs on them are data, whatever section an older pg_dump put them in. */
function isLargeObject(entry: Entry): boolean {
  if (entry.desc === 'COMMENT' || entry.desc === 'SECURITY LABEL') return entry.tag.startsWith('LARGE OBJECT')
  return entry.desc === 'BLOB' || entry.desc === 'BLOB METADATA' || entry.desc === 'BLOB COMMENTS'
}

const LATEST_FIRST: readonly Stage[] = ['post-data', 'data', 'pre-data']

function latest(stages: readonly (Stage | undefined)[]): Stage | undefined {
  return LATEST_FIRST.find((stage) => stages.includes(stage))
}
