import * as fc from 'fast-check'
import type { Archive, Entry, EntryData } from '../../src/archive/index.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll('\0', ' '))
const name = text.filter((value) => value !== '')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const oid = fc.integer({ min: 0, max: 0xffffffff })
const dumpId = fc.integer({ min: 1, max: 0x7fffffff })

/** Any archive that version 1.`minor` of the format can hold; what the version has no field for is undefined. */
function archiveOf(format: Archive['format'], minor: number): fc.Arbitrary<Archive> {
  const data: fc.Arbitrary<EntryData> =
    format === 'custom' ? fc.constant({ in: 'custom', offset: undefined }) : directoryData
  const entry: fc.Arbitrary<Entry> = fc.record({
    dumpId,
    hadDumper: fc.boolean(),
    catalogOid: fc.record({ table: oid, object: oid }),
    tag: text,
    desc: text.filter((value) => value !== 'ENCODING'),
    section: fc.constantFrom('none', 'pre-data', 'data', 'post-data'),
    defn: text,
    dropStmt: text,
    copyStmt: text,
    namespace: optional(name),
    tablespace: optional(text),
    tableAccessMethod: minor >= 14 ? optional(text) : fc.constant(undefined),
    relkind: minor >= 16 ? optional(fc.constantFrom('r', 'p', 'v', 'm', 'f', 'S')) : fc.constant(undefined),
    owner: optional(name),
    dependencies: fc.array(dumpId, { maxLength: 4 }),
    data: optional(data),
  })
  return fc.record({
    format: fc.constant(format),
    version: fc.constant({ major: 1, minor, revision: 0 }),
    compression: minor >= 15 ? fc.constantFrom('none', 'gzip', 'lz4', 'zstd') : fc.constantFrom('none', 'gzip'),
    createdAt: fc
      .date({ min: new Date(1990, 0, 1), max: new Date(2100, 0, 1), noInvalidDate: true })
      .map((date) => new Date(date.setMilliseconds(0))),
    database: text,
    serverVersion: text,
    pgDumpVersion: text,
    entries: fc.uniqueArray(entry, { maxLength: 6, selector: (each) => each.dumpId }),
  })
}

const directoryData = fc
  .integer({ min: 1, max: 99999 })
  .map((id) => ({ in: 'directory', file: `${id}.dat.gz` }) as const)

export const archives: fc.Arbitrary<Archive> = fc
  .tuple(fc.constantFrom('custom' as const, 'directory' as const), fc.integer({ min: 12, max: 16 }))
  .chain(([format, minor]) => archiveOf(format, minor))

export const widths = fc.record({ int: fc.constantFrom(4, 8), offset: fc.constantFrom(4, 8) })
