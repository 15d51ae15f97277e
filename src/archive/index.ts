export type { Archive, Entry, EntryData, Section } from './entry.ts'
