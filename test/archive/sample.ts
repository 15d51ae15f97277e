import type { Archive, Entry } from '../../src/archive/index.ts'

const DEFAULTS: Entry = {
  dumpId: 1,
  hadDumper: false,
  catalogOid: { table: 1259, object: 16384 },
  tag: 'orders',
  desc: 'TABLE',
  section: 'pre-data',
  defn: 'CREATE TABLE shop.orders (id integer);\n',
  dropStmt: 'DROP TABLE shop.orders;\n',
  copyStmt: '',
  namespace: 'shop',
  tablespace: '',
  tableAccessMethod: 'heap',
  relkind: 'r',
  owner: 'anna',
  dependencies: [],
  data: undefined,
}

/** A table's entry, but for what is given. */
export function entryOf(fields: Partial<Entry> = {}): Entry {
  return { ...DEFAULTS, ...fields }
}

/** An entry that lies in no schema and no tablespace, as grants and comments do not. */
export function plainEntry(fields: Partial<Entry>): Entry {
  return entryOf({
    namespace: undefined,
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    ...fields,
  })
}

export function archiveOf(entries: Entry[]): Archive {
  return {
    format: 'custom',
    version: { major: 1, minor: 16, revision: 0 },
    compression: 'none',
    createdAt: new Date(2026, 1, 3, 4, 5, 6),
    database: 'shop',
    serverVersion: '17.10',
    pgDumpVersion: '18.6',
    entries,
  }
}
