import { describe, expect, test } from 'vitest'
import type { Archive, Entry } from '../../src/archive/index.ts'
import { planRestore, restoreWith, STAGES } from '../../src/plan/index.ts'

const RELATION = 1259

function entry(dumpId: number, desc: string, tag: string, fields: Partial<Entry> = {}): Entry {
  const isData = desc === 'TABLE DATA' || desc === 'SEQUENCE SET' || desc === 'BLOBS'
  const isPost = /INDEX|CONSTRAINT|TRIGGER|STATISTICS$/.test(desc)
  return {
    dumpId,
    catalogOid: { table: ['TABLE', 'SEQUENCE'].includes(desc) ? RELATION : 0, object: dumpId },
    tag,
    desc,
    section: isData ? 'data' : isPost ? 'post-data' : 'pre-data',
    defn: isData && desc !== 'SEQUENCE SET' ? '' : `${desc} ${tag};`,
    dropStmt: `DROP ${desc} ${tag};`,
    copyStmt: desc === 'TABLE DATA' ? `COPY s.${tag} (x) FROM stdin;\n` : '',
    namespace: 's',
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: 'anna',
    dependencies: [],
    hadDumper: isData,
    data: isData ? { in: 'custom', offset: undefined } : undefined,
    ...fields,
  }
}

function planOf(
  entries: Entry[],
  options: { bytes?: Record<number, number>; excludeData?: string[]; pgDump?: string } = {},
) {
  const archive: Archive = {
    format: 'custom',
    version: { major: 1, minor: 16, revision: 0 },
    compression: 'none',
    createdAt: new Date(0),
    database: 'app',
    serverVersion: '17.10',
    pgDumpVersion: options.pgDump ?? '17.10',
    entries,
  }
  const plan = planRestore({
    archive,
    filters: { include: [], exclude: [], excludeData: options.excludeData ?? [] },
    restore: restoreWith({ owners: 'keep', privileges: 'keep' }, { user: 'bob', major: 17, publicSchema: 'ours' }),
    database: [],
    grantsBefore: [],
    dataBytes: new Map(Object.entries(options.bytes ?? {}).map(([id, bytes]) => [Number(id), bytes])),
    statistics: 'skip',
  })
  const step = (label: string) => {
    const found = plan.steps.find((one) => one.label === label)
    if (found === undefined) throw new Error(`no step ${label} among ${plan.steps.map((one) => one.label).join(', ')}`)
    return found
  }
  return { ...plan, step }
}

const GB = 1024 ** 3
const TABLES = [
  entry(1, 'TABLE', 'parent'),
  entry(2, 'TABLE', 'child'),
  entry(11, 'TABLE DATA', 'parent', { dependencies: [1] }),
  entry(12, 'TABLE DATA', 'child', { dependencies: [2] }),
  entry(21, 'CONSTRAINT', 'parent parent_pkey', {
    dependencies: [1],
    defn: 'ALTER TABLE s.parent ADD PRIMARY KEY (x);',
  }),
  entry(22, 'INDEX', 'child_x', { dependencies: [2] }),
  entry(23, 'FK CONSTRAINT', 'child child_fkey', { dependencies: [21, 2, 1] }),
  entry(24, 'TRIGGER', 'child fires', { dependencies: [2] }),
]

describe('the plan of a restore', () => {
  test('starts an index when the rows of its table are in, and a foreign key when all that it needs is', () => {
    const { step } = planOf(TABLES, { bytes: { 11: GB, 12: GB } })
    const rows = { parent: step('copy s.parent').id, child: step('copy s.child').id }
    expect(step('index child_x on s.child').dependsOn).toEqual([step('TABLE s.child').id, rows.child])
    expect(step('primary key parent_pkey on s.parent').dependsOn).toContain(rows.parent)
    const key = step('foreign key child_fkey on s.child')
    expect(key.dependsOn).toEqual(
      expect.arrayContaining([rows.parent, rows.child, step('primary key parent_pkey on s.parent').id]),
    )
    expect(key.locks).toEqual([
      { object: 'table:2', mode: 'exclusive' },
      { object: 'table:1', mode: 'exclusive' },
    ])
    expect(step('index child_x on s.child').locks).toEqual([{ object: 'table:2', mode: 'shared' }])
    expect(step('TRIGGER s.child fires').stage).toBe(STAGES.rest)
    expect(step('analyze s.child').after).toEqual(
      expect.arrayContaining([rows.child, step('index child_x on s.child').id]),
    )
  })

  test('empties the tables that it makes, and only adds to others', () => {
    const { step } = planOf(TABLES)
    expect(step('copy s.parent').work).toMatchObject({ kind: 'entry-data', entry: 11, mode: 'whole' })
    const rowsAlone = planOf(TABLES.filter(({ desc }) => desc === 'TABLE DATA'))
    expect(rowsAlone.step('copy s.parent').work).toMatchObject({ mode: 'append' })
    expect(rowsAlone.step('copy s.child').after).toEqual([rowsAlone.step('copy s.parent').id])
  })

  test('copies small tables together and large ones alone', () => {
    const { step } = planOf(TABLES, { bytes: { 11: 1000, 12: GB } })
    expect(step('copy s.parent').batch).toBe('copy')
    expect(step('copy s.child').batch).toBeUndefined()
  })

  test('leaves rows out where a filter says so, and needs none of them for what follows', () => {
    const { steps, step } = planOf(TABLES, { excludeData: ['s.child'] })
    expect(steps.map(({ label }) => label)).not.toContain('copy s.child')
    expect(step('index child_x on s.child').dependsOn).toEqual([step('TABLE s.child').id])
  })

  test('fills a materialized view from the rows behind it, through views, once owners and grants are there', () => {
    const { step } = planOf([
      ...TABLES,
      entry(31, 'VIEW', 'seen', { dependencies: [2] }),
      entry(32, 'MATERIALIZED VIEW', 'kept', { dependencies: [31] }),
      entry(33, 'MATERIALIZED VIEW DATA', 'kept', { dependencies: [32], section: 'post-data' }),
    ])
    const fill = step('fill materialized view s.kept')
    expect(fill.stage).toBe(STAGES.late)
    expect(fill.dependsOn).toContain(step('copy s.child').id)
    expect(fill.work).toMatchObject({ kind: 'definition', andThen: 'ANALYZE "s"."kept"' })
  })

  test('loads through the root of a partition tree once all of the tree is there, and indexes none of it before', () => {
    const tree = [
      entry(1, 'TABLE', 'root', { relkind: 'p' }),
      entry(2, 'TABLE', 'one'),
      entry(3, 'TABLE', 'two'),
      entry(4, 'TABLE ATTACH', 'one', { dependencies: [1, 2] }),
      entry(5, 'TABLE ATTACH', 'two', { dependencies: [1, 3] }),
      entry(11, 'TABLE DATA', 'one', { dependencies: [2], copyStmt: 'COPY s.root (x) FROM stdin;\n' }),
      entry(12, 'TABLE DATA', 'two', { dependencies: [3], copyStmt: 'COPY s.root (x) FROM stdin;\n' }),
      entry(21, 'INDEX', 'one_x', { dependencies: [2] }),
    ]
    const { step } = planOf(tree)
    const attached = [step('TABLE ATTACH s.one').id, step('TABLE ATTACH s.two').id]
    expect(step('copy s.one').dependsOn).toEqual(expect.arrayContaining(attached))
    expect(step('copy s.one').work).toMatchObject({ mode: 'append' })
    expect(step('index one_x on s.one').dependsOn).toEqual(
      expect.arrayContaining([step('copy s.one').id, step('copy s.two').id]),
    )
  })

  test('empties no partition before INSERT statements of an old pg_dump, which may all name the root of its tree', () => {
    const tree = [
      entry(1, 'TABLE', 'root', { relkind: 'p' }),
      entry(2, 'TABLE', 'one'),
      entry(3, 'TABLE', 'alone'),
      entry(4, 'TABLE ATTACH', 'one', { dependencies: [1, 2] }),
      entry(11, 'TABLE DATA', 'one', { dependencies: [2], copyStmt: '' }),
      entry(12, 'TABLE DATA', 'alone', { dependencies: [3], copyStmt: '' }),
    ]
    const old = planOf(tree, { pgDump: '14.1 (Debian 14.1-1)' })
    expect(old.step('copy s.one').work).toMatchObject({ mode: 'append' })
    expect(old.step('copy s.one').dependsOn).toContain(old.step('TABLE ATTACH s.one').id)
    expect(old.step('copy s.alone').work).toMatchObject({ mode: 'whole' })
    expect(planOf(tree, { pgDump: '16.0' }).step('copy s.one').work).toMatchObject({ mode: 'whole' })
  })

  test('fills large objects when those that it fills are made: before 17 all of them, since then those of its group', () => {
    const older = planOf([
      entry(1, 'BLOB', '7', { namespace: undefined }),
      entry(2, 'BLOB', '8', { namespace: undefined }),
      entry(3, 'BLOBS', 'BLOBS', { namespace: undefined }),
    ])
    expect(older.step('fill large objects BLOBS').dependsOn).toEqual([older.step('BLOB 7').id, older.step('BLOB 8').id])
    const newer = planOf([
      entry(1, 'BLOB METADATA', '7..8', { namespace: undefined, section: 'data', defn: '7\n8\n' }),
      entry(2, 'BLOB METADATA', '9', { namespace: undefined, section: 'data', defn: '9\n' }),
      entry(3, 'BLOBS', '9', { namespace: undefined, dependencies: [2] }),
    ])
    expect(newer.step('fill large objects 9').dependsOn).toEqual([newer.step('BLOB METADATA 9').id])
  })

  test('builds the key of a large table as an index, beside its others, and validates its foreign keys apart', () => {
    const { step } = planOf(
      [
        ...TABLES.slice(0, 4),
        entry(21, 'CONSTRAINT', 'parent parent_pkey', {
          dependencies: [1],
          defn: 'ALTER TABLE ONLY s.parent\n    ADD CONSTRAINT parent_pkey PRIMARY KEY (x, "Y z");\n',
        }),
        entry(23, 'FK CONSTRAINT', 'child child_fkey', {
          dependencies: [21, 2, 1],
          defn: 'ALTER TABLE ONLY s.child\n    ADD CONSTRAINT child_fkey FOREIGN KEY (x) REFERENCES s.parent(x) DEFERRABLE;\n',
        }),
      ],
      { bytes: { 11: GB, 12: GB } },
    )
    expect(step('index parent_pkey on s.parent')).toMatchObject({
      locks: [{ object: 'table:1', mode: 'shared' }],
      work: {
        statements: ['CREATE UNIQUE INDEX "parent_pkey" ON ONLY "s"."parent" USING btree ("x", "Y z")'],
      },
    })
    expect(step('primary key parent_pkey on s.parent')).toMatchObject({
      dependsOn: [step('index parent_pkey on s.parent').id],
      work: {
        statements: [
          'ALTER TABLE ONLY "s"."parent" ADD CONSTRAINT "parent_pkey" PRIMARY KEY USING INDEX "parent_pkey"',
        ],
      },
    })
    expect(step('foreign key child_fkey on s.child').work).toMatchObject({
      statements: [expect.stringMatching(/ADD CONSTRAINT child_fkey FOREIGN KEY .* DEFERRABLE NOT VALID$/s)],
    })
    expect(step('validate foreign key child_fkey on s.child')).toMatchObject({
      dependsOn: [step('foreign key child_fkey on s.child').id],
      locks: [{ object: 'table:2', mode: 'exclusive' }],
      work: { statements: ['ALTER TABLE ONLY "s"."child" VALIDATE CONSTRAINT "child_fkey"'] },
    })
  })

  test.each([
    'PRIMARY KEY (x) INCLUDE (y)',
    'PRIMARY KEY (x) DEFERRABLE',
    'UNIQUE NULLS NOT DISTINCT (x)',
    'UNIQUE (x) WITH (fillfactor=70)',
    'PRIMARY KEY (x, during WITHOUT OVERLAPS)',
    'PRIMARY KEY (x);\n\nALTER TABLE s.parent CLUSTER ON parent_pkey',
    'EXCLUDE USING gist (x WITH =)',
  ])('leaves a key as it is that is more than its columns: %s', (words) => {
    const { step } = planOf(
      [
        ...TABLES.slice(0, 4),
        entry(21, 'CONSTRAINT', 'parent parent_key', {
          dependencies: [1],
          defn: `ALTER TABLE ONLY s.parent\n    ADD CONSTRAINT parent_key ${words};\n`,
        }),
      ],
      { bytes: { 11: GB } },
    )
    const label = words.startsWith('PRIMARY') ? 'primary key' : 'constraint'
    expect(step(`${label} parent_key on s.parent`).work).toMatchObject({ kind: 'definition' })
  })

  test.each([
    'FOREIGN KEY (x) REFERENCES s.parent(x) NOT VALID',
    'FOREIGN KEY (x, PERIOD d) REFERENCES s.parent(x, PERIOD d)',
  ])('leaves a foreign key as it is that is odd: %s', (words) => {
    const { step } = planOf(
      [
        ...TABLES.slice(0, 4),
        entry(23, 'FK CONSTRAINT', 'child child_fkey', {
          dependencies: [2, 1],
          defn: `ALTER TABLE ONLY s.child\n    ADD CONSTRAINT child_fkey ${words};\n`,
        }),
      ],
      { bytes: { 11: GB, 12: GB } },
    )
    expect(step('foreign key child_fkey on s.child').work).toMatchObject({ kind: 'definition' })
  })
})
