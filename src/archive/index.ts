export { entrySql, ownerSql, settingsSql, type EntrySqlOptions } from './entry-sql.ts'
export type { Archive, Compression, Entry, EntryData, Section } from './entry.ts'
export { grantsOf, withoutStatements } from './grants.ts'
export { isAboutDatabase, isAcl, mayHoldSecret, stagesOf, type Stage } from './kinds.ts'
export { readArchive } from './read.ts'
export { mapRoles, ownersOf, rolesOf } from './roles.ts'
export { archiveSettings, type ArchiveSettings } from './settings.ts'
export { tokens, type Token } from './lexer.ts'
export {
  dataForm,
  type ArchiveData,
  type ArchiveWriter,
  type DataSink,
  type DataSize,
  type LargeObject,
  type LargeObjectsSink,
  type OpenArchive,
  type ReadOptions,
  type WrittenFile,
} from './data.ts'
