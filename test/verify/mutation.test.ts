import { beforeAll, describe, expect, it } from 'vitest'
import type { RowDifference } from '../../src/verify/index.ts'
import { type FreshDatabase, freshDatabase, type Major, server } from '../kit/index.ts'
import { compare } from './moments.ts'

const TABLES = `
  create table keyed (a int, b text, n numeric, f float8, data bytea, x int8, y int8, primary key (a, b));
  insert into keyed select i, 'k' || i, i + 0.50, '-0', decode(md5(i::text), 'hex'), i, i + 1 from generate_series(1, 5000) i;
  create table keyless (x int, y int, t text);
  insert into keyless select i % 100, i % 7, nullif('t' || (i % 3), 't0') from generate_series(1, 5000) i;
  create sequence counter;
  select setval('counter', 41);
  select lo_from_bytea(70001, repeat('large', 300000)::bytea), lo_from_bytea(70002, ''), lo_from_bytea(70003, 'small');
`

/** SQL that changes the target, what is found, and SQL that undoes it where that is not the same. */
const CHANGES: { name: string; sql: string; undo: string; found: RowDifference[] }[] = [
  {
    name: 'one byte flipped',
    sql: `update keyed set data = set_byte(data, 3, get_byte(data, 3) # 1) where a = 17`,
    undo: `update keyed set data = set_byte(data, 3, get_byte(data, 3) # 1) where a = 17`,
    found: [{ kind: 'changed', key: { a: '17', b: 'k17' }, columns: ['data'] }],
  },
  {
    name: 'a row dropped',
    sql: 'create table kept as select * from keyed where a = 18; delete from keyed where a = 18',
    undo: 'insert into keyed select * from kept; drop table kept',
    found: [{ kind: 'missing', key: { a: '18', b: 'k18' } }],
  },
  {
    name: 'a row added',
    sql: `insert into keyed values (0, '')`,
    undo: 'delete from keyed where a = 0',
    found: [{ kind: 'extra', key: { a: '0', b: '' } }],
  },
  {
    name: 'the values of two columns swapped',
    sql: 'update keyed set x = y, y = x where a = 19',
    undo: 'update keyed set x = y, y = x where a = 19',
    found: [{ kind: 'changed', key: { a: '19', b: 'k19' }, columns: ['x', 'y'] }],
  },
  {
    name: 'the values of two rows swapped',
    sql: 'update keyed set x = 41 - x where a in (20, 21)',
    undo: 'update keyed set x = 41 - x where a in (20, 21)',
    found: [
      { kind: 'changed', key: { a: '20', b: 'k20' }, columns: ['x'] },
      { kind: 'changed', key: { a: '21', b: 'k21' }, columns: ['x'] },
    ],
  },
  {
    name: '1.50 made 1.5',
    sql: 'update keyed set n = 1.5 where a = 1',
    undo: 'update keyed set n = 1.50 where a = 1',
    found: [{ kind: 'changed', key: { a: '1', b: 'k1' }, columns: ['n'] }],
  },
  {
    name: '-0 made 0',
    sql: 'update keyed set f = 0 where a = 2',
    undo: `update keyed set f = '-0' where a = 2`,
    found: [{ kind: 'changed', key: { a: '2', b: 'k2' }, columns: ['f'] }],
  },
  {
    name: 'the sign of an int8 lost',
    sql: `update keyed set x = 4294967296 where a = 1`, // both halves of 1 and of this XOR to the same
    undo: 'update keyed set x = 1 where a = 1',
    found: [{ kind: 'changed', key: { a: '1', b: 'k1' }, columns: ['x'] }],
  },
  {
    name: 'NULL made empty, without a key',
    sql: `update keyless set t = '' where ctid = (select min(ctid) from keyless where t is null and x = 3 and y = 3)`,
    undo: "update keyless set t = null where t = ''",
    found: [
      { kind: 'missing', excerpt: '(3,3,)', count: 1 },
      { kind: 'extra', excerpt: '(3,3,"")', count: 1 },
    ],
  },
  {
    name: 'a row twice, without a key',
    sql: `insert into keyless values (1, 1, 'once more')`,
    undo: `delete from keyless where t = 'once more'`,
    found: [{ kind: 'extra', excerpt: '(1,1,"once more")', count: 1 }],
  },
]

describe.each([
  { source: 13, target: 18 },
  { source: 14, target: 17 },
] as { source: Major; target: Major }[])('from $source to $target', ({ source, target }) => {
  let from: FreshDatabase
  let to: FreshDatabase

  beforeAll(async () => {
    from = await freshDatabase(await server(source))
    to = await freshDatabase(await server(target))
    await from.query(TABLES)
    await to.query(TABLES)
    return async () => {
      await from[Symbol.asyncDispose]()
      await to[Symbol.asyncDispose]()
    }
  })

  it('reads SAME before anything is changed', async () => {
    const result = await compare(from.url, to.url)
    expect(result.verdict).toBe('SAME')
    expect(result.sequences).toEqual([{ object: 'public.counter', kind: 'sequence', verdict: 'SAME' }])
    expect(result.largeObjects).toEqual([{ object: 'all of them', kind: 'large objects', verdict: 'SAME' }])
  })

  it.each(CHANGES)('finds $name', async ({ sql, undo, found }) => {
    await to.query(sql)
    const result = await compare(from.url, to.url, { includeRows: ({ name }) => name !== 'kept' })
    const differences = result.tables.flatMap((table) => table.differences)
    expect(differences).toHaveLength(found.length)
    expect(differences).toEqual(expect.arrayContaining(found))
    expect(result.verdict).toBe('DIFFERENT')
    await to.query(undo)
    expect((await compare(from.url, to.url)).verdict).toBe('SAME')
  })

  it('finds a sequence that was set back, and one that is only said to be unused', async () => {
    await to.query(`select setval('counter', 40)`)
    const [back] = (await compare(from.url, to.url)).sequences
    expect(back).toMatchObject({ verdict: 'DIFFERENT', detail: '41 (used) on the source, 40 (used) on the target' })
    await to.query(`select setval('counter', 41, false)`)
    const [unused] = (await compare(from.url, to.url)).sequences
    expect(unused).toMatchObject({
      verdict: 'DIFFERENT',
      detail: '41 (used) on the source, 41 (not used yet) on the target',
    })
    await to.query(`select setval('counter', 41)`)
  })

  it('lets a sequence go on where the source is written to, and finds one that was never carried over', async () => {
    const sequencesBefore = new Map([['public.counter', { lastValue: '41', isCalled: true }]])
    const options = { sourceIs: 'changing', sequencesBefore } as const
    await from.query(`select setval('counter', 60)`)
    expect((await compare(from.url, to.url, options)).sequences).toMatchObject([{ verdict: 'SAME' }])
    await to.query(`select setval('counter', 50)`)
    expect((await compare(from.url, to.url, options)).sequences).toMatchObject([{ verdict: 'SAME' }])
    await to.query(`select setval('counter', 1, false)`)
    expect((await compare(from.url, to.url, options)).sequences).toMatchObject([
      {
        verdict: 'DIFFERENT',
        detail: '60 (used) on the source, 1 (not used yet) on the target, 41 (used) on the source before it was copied',
      },
    ])
    for (const database of [from, to]) await database.query(`select setval('counter', 41)`)
  })

  it.each([
    {
      what: 'one byte changed beyond the first slice',
      sql: `select lo_put(70001, 1400001, 'X')`,
      undo: `select lo_put(70001, 1400001, 'a')`,
      detail: '70001: another content',
    },
    {
      what: 'a byte appended',
      sql: `select lo_put(70002, 0, 'X')`,
      undo: `select lo_unlink(70002), lo_create(70002)`,
      detail: '70002: another content',
    },
    {
      what: 'one missing',
      sql: 'select lo_unlink(70003)',
      undo: `select lo_from_bytea(70003, 'small')`,
      detail: '3 on the source, 2 on the target; 70003: missing on the target',
    },
    {
      what: 'one more',
      sql: 'select lo_create(60000)',
      undo: 'select lo_unlink(60000)',
      detail: '3 on the source, 4 on the target; 60000: only on the target',
    },
    {
      what: 'another grant',
      sql: 'grant select on large object 70003 to public',
      undo: 'revoke select on large object 70003 from public',
      detail: '70003: other grants',
    },
    {
      what: 'another comment',
      sql: `comment on large object 70003 is 'x'`,
      undo: 'comment on large object 70003 is null',
      detail: '70003: another comment',
    },
    {
      what: 'another security label',
      sql: `insert into pg_seclabel (objoid, classoid, objsubid, provider, label) values (70003, 'pg_largeobject'::regclass, 0, 'anon', 'x')`,
      undo: 'delete from pg_seclabel where objoid = 70003',
      detail: '70003: other security labels',
    },
  ])('finds of large objects $what', async ({ sql, undo, detail }) => {
    await to.query(sql)
    expect((await compare(from.url, to.url)).largeObjects).toEqual([
      { object: 'all of them', kind: 'large objects', verdict: 'DIFFERENT', detail },
    ])
    await to.query(undo)
    expect((await compare(from.url, to.url)).verdict).toBe('SAME')
  })
})
