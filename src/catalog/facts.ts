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
  blocks: number
  heapBytes: number
  toastBytes: number
  indexBytes: number
  /** pg_class.reltuples; undefined where never analyzed. */
  estimatedRows: number | undefined
  rowSecurity: boolean
  columns: ColumnFacts[]
  /** Best key to cut the table by or to name rows by: primary key, else a unique index over not-null columns. */
  key: string[] | undefined
  /** Set where the table belongs to an extension: the condition of pg_extension_config_dump ('' is all rows). */
  extension: { name: string; configCondition: string | undefined } | undefined
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
  /** The constraint that owns the index. */
  constraint: ConstraintFacts | undefined
}

export interface ConstraintFacts {
  oid: number
  name: string
  type: 'primary' | 'unique' | 'exclusion' | 'foreign' | 'check' | 'trigger' | 'not-null'
  deferrable: boolean
  deferred: boolean
}

export interface ForeignKeyFacts {
  oid: number
  name: string
  tableOid: number
  referencedOid: number
  validated: boolean
  /** pg_get_constraintdef(). */
  definition: string
  /** False where the table or the referenced one is partitioned, or the key is inherited. */
  plain: boolean
}

export interface SequenceFacts {
  oid: number
  schema: string
  name: string
}

export interface DatabaseFacts {
  name: string
  owner: string
  encoding: string
  collate: string
  ctype: string
  localeProvider: 'libc' | 'icu' | 'builtin'
  icuLocale: string | undefined
  icuRules: string | undefined
  connectionLimit: number
  comment: string | undefined
  /** `name=value` lines of ALTER DATABASE ... SET, and of ALTER ROLE ... IN DATABASE ... SET where `role` is set. */
  settings: { role: string | undefined; name: string; value: string }[]
  /** aclexplode(datacl); undefined where the ACL is the default. */
  grants: { grantee: string | undefined; privilege: string; grantable: boolean; grantor: string }[] | undefined
}
