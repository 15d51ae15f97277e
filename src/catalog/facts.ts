/** What we know of a database before a run; read in the run's snapshot, under ACCESS SHARE locks. */
export interface TableFacts {
  oid: number
  schema: string
  name: string
  /** Ordinary tables and leaf partitions hold rows; the others never do or are not ours to copy. */
  kind: 'table' | 'partitioned' | 'foreign' | 'materialized-view'
  persistence: 'permanent' | 'unlogged'
  /** Name of the table access method; undefined where there is none. */
  accessMethod: string | undefined
  owner: string
  /** True for a partition of another table; a partition may be partitioned itself. */
  isPartition: boolean
  /** Blocks of the heap's main fork. This and the sizes below are 0 for what has no storage. */
  blocks: number
  heapBytes: number
  toastBytes: number
  /** Measured where the heap is over 1 MB, else what the last VACUUM or ANALYZE found; so are those of IndexFacts. */
  indexBytes: number
  /** pg_class.reltuples; undefined where never analyzed. */
  estimatedRows: number | undefined
  rowSecurity: boolean
  columns: ColumnFacts[]
  /** Best key to cut the table by or to name rows by: primary key, else a unique index over not-null columns. */
  key: string[] | undefined
  /**
   * Set where the table belongs to an extension, which makes it, and asks for its rows to be dumped: the condition of
   * pg_extension_config_dump, with its WHERE ('' is all rows). Other members of extensions are not read at all.
   */
  extension: { name: string; configCondition: string } | undefined
}

export interface ColumnFacts {
  name: string
  typeOid: number
  /** format_type() with its modifier. */
  type: string
  generated: 'no' | 'stored' | 'virtual'
  identity: 'no' | 'always' | 'by-default'
  notNull: boolean
  /** True where the type's binary form is stable across majors and holds no OID (D4). */
  binarySafe: boolean
}

export interface IndexFacts {
  oid: number
  schema: string
  name: string
  tableOid: number
  /** pg_get_indexdef(). */
  definition: string
  bytes: number
  method: string
  unique: boolean
  valid: boolean
  /** True for the index of a partitioned table, which holds nothing itself. */
  isPartitioned: boolean
  /** The index of the parent table that this one is attached to. */
  parentOid: number | undefined
  /** The constraint that owns the index. */
  constraint: ConstraintFacts | undefined
}

export interface ConstraintFacts {
  oid: number
  name: string
  type: 'primary' | 'unique' | 'exclusion' | 'foreign' | 'check' | 'trigger' | 'not-null'
  deferrable: boolean
  deferred: boolean
  /** WITHOUT OVERLAPS (PostgreSQL 18): such a key cannot be made USING INDEX. */
  temporal: boolean
}

export interface ForeignKeyFacts {
  oid: number
  name: string
  tableOid: number
  referencedOid: number
  validated: boolean
  /** False for NOT ENFORCED (PostgreSQL 18), which cannot be validated. */
  enforced: boolean
  /** PERIOD (PostgreSQL 18). */
  temporal: boolean
  /** Made by PostgreSQL for a partition, from the key of its parent; never a statement of its own. */
  inherited: boolean
  /** pg_get_constraintdef(). */
  definition: string
  /** False where the table or the referenced one is partitioned or a partition, or the key is inherited. */
  plain: boolean
}

export interface SequenceFacts {
  oid: number
  schema: string
  name: string
  /** Sequences can be unlogged since PostgreSQL 15. */
  persistence: 'permanent' | 'unlogged'
  /** The table whose serial or identity column owns it. */
  tableOid: number | undefined
  /** The extension that makes it, and asks for its value to be dumped. */
  extension: string | undefined
}

/** A SECURITY LABEL of the database itself. */
export interface DatabaseLabel {
  provider: string
  label: string
}

export interface ExtensionFacts {
  name: string
  schema: string
  version: string
}

export interface LargeObjectFacts {
  count: number
  /** Room that their pages take, bloat included. */
  bytes: number
  /** Together they hold every large object once, in the order of OIDs; both ends belong to the range. */
  ranges: { fromOid: number; toOid: number; count: number }[]
}

export interface DatabaseFacts {
  name: string
  owner: string
  encoding: string
  collate: string
  ctype: string
  localeProvider: 'libc' | 'icu' | 'builtin'
  /** The locale of the provider `icu` or `builtin`. */
  icuLocale: string | undefined
  icuRules: string | undefined
  connectionLimit: number
  comment: string | undefined
  /** `name=value` lines of ALTER DATABASE ... SET, and of ALTER ROLE ... IN DATABASE ... SET where `role` is set. */
  settings: { role: string | undefined; name: string; value: string }[]
  /** aclexplode(datacl); undefined where the ACL is the default. */
  grants: { grantee: string | undefined; privilege: string; grantable: boolean; grantor: string }[] | undefined
}
