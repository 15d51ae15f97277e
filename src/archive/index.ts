export { entrySql, ownerSql, settingsSql, type EntrySqlOptions } from './entry-sql.ts'
export type { Archive, Compression, Entry, EntryData, Section } from './entry.ts'
export { withAttachments } from './attachments.ts'
export { grantsOf, withoutStatements } from './grants.ts'
export { isAboutDatabase, isAcl, mayHoldSecret, stagesOf, type Stage } from './kinds.ts'
export { readArchive } from './read.ts'
export { mapRoles, ownersOf, rolesOf } from './roles.ts'
export { archiveSettings, type ArchiveSettings } from './settings.ts'
export { decoderOf } from './encoding.ts'
export { tokens, type Token } from './lexer.ts'
export {
  copyHead,
  copyOfRows,
  dataForm,
  type ArchiveData,
  type ArchiveWriter,
  type DataSink,
  type DataSize,
  type DirectoryWriter,
  type LargeObject,
  type LargeObjectsSink,
  type OpenArchive,
  type ReadOptions,
  type Room,
  type WrittenFile,
} from './data.ts'
export type { TextMode } from './cursor.ts'
export { decompressor } from './compression/decompress.ts'
export { customWriter, type CustomWriterOptions } from './custom-writer.ts'
export { directoryWriter, type DirectoryWriterOptions } from './directory-writer.ts'
export { binaryCopy } from './binary-rows.ts'
export { fileChecksum } from './file-checksum.ts'
export { openArchive, type OpenOptions } from './open.ts'
export { packedOutput, type PackedOutput, type PackedOutputOptions } from './packed-output.ts'
export { charset } from './toc-bytes.ts'
