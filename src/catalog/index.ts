export { matchesDatabase, noSuchDatabase } from './database-pattern.ts'
export type {
  ColumnFacts,
  ConstraintFacts,
  DatabaseFacts,
  DatabaseLabel,
  ExtensionFacts,
  ForeignKeyFacts,
  IndexFacts,
  LargeObjectFacts,
  SequenceFacts,
  TableFacts,
} from './facts.ts'
export {
  readDatabase,
  readDatabaseLabels,
  readExtensionReferences,
  readExtensions,
  readLargeObjects,
  readSequences,
} from './database.ts'
export { holdTables } from './hold.ts'
export type { HoldOptions } from './hold.ts'
export { readForeignKeys, readIndexes } from './indexes.ts'
export { assertNotReplaced } from './replaced-tables.ts'
export { SourceSnapshot } from './snapshot.ts'
export type { OpenSession, SnapshotOptions } from './snapshot.ts'
export { listTables, readTables } from './tables.ts'
export type { TableRef } from './tables.ts'
export { readWriteCounters, writesBetween } from './writes.ts'
export type { WriteCounters, WritesSince } from './writes.ts'
