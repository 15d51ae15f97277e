import { describe, expect, test } from 'vitest'
import { allChecks, openEnds } from '../../src/check/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import { freshDatabase, freshRole, server, startServer } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const online = ['online'] as const

const FINE = `
  create table keyed (id int primary key, j json);
  create table by_index (id int not null unique, j json);
  alter table by_index replica identity using index by_index_id_key;
  create table whole_row (id int primary key, j json);
  alter table whole_row replica identity full;
  create unlogged table unlogged (j json);
  create table parted (id int primary key) partition by range (id);
  create table parted_1 partition of parted for values from (0) to (10);
`

const LACKING = `
  create table unique_key (a int not null, b text not null, j json);
  create unique index unique_key_i on unique_key (a, b);
  create table plain (a int, t text);
  create table uncomparable (a int, p point[]);
  create table nothing (id int primary key);
  alter table nothing replica identity nothing;
  create table deferred (id int primary key deferrable, j json);
  create table generated (a int, b int generated always as (a + 1) stored primary key);
  create table dropped (id int not null unique);
  alter table dropped replica identity using index dropped_id_key;
  alter table dropped drop constraint dropped_id_key;
`

describe('replica identity', () => {
  test.each([13, 18] as const)(
    'on %s, each table without a key is told what online mode does with it',
    async (major) => {
      await using source = await freshDatabase(await server(major))
      await source.query(FINE)
      for (const id of ['I01', 'I02', 'I03', 'I04', 'O24']) await passes(id, { source })
      await source.query(LACKING)
      const without = await findings('I01', { source })
      const flawed = await findings('I02', { source })
      const said = [...without, ...flawed].map(({ object, severity, message, fix }) => [
        object,
        severity,
        message.replace(/\. .*/s, ''),
        fix?.kind === 'sql' ? fix.sql.replace('ALTER TABLE "public".', '') : fix?.kind,
      ])
      expect(said).toEqual([
        ['public.nothing', 'warning', 'Its replica identity is NOTHING', '"nothing" REPLICA IDENTITY DEFAULT;'],
        ['public.plain', 'warning', 'It has no primary key', '"plain" REPLICA IDENTITY FULL;'],
        ['public.uncomparable', 'error', 'It has no primary key', 'advice'],
        [
          'public.unique_key',
          'warning',
          'It has no primary key',
          '"unique_key" REPLICA IDENTITY USING INDEX "unique_key_i";',
        ],
        [
          'public.deferred',
          'error',
          'Its index deferred_pkey cannot be the replica identity: it is deferrable',
          'advice',
        ],
        [
          'public.dropped',
          'warning',
          'The index of its replica identity was dropped',
          '"dropped" REPLICA IDENTITY FULL;',
        ],
      ])
      await apply([...without, ...flawed], { source })
      expect((await findings('I01', { source })).map(({ object }) => object)).toEqual(['public.uncomparable'])
      expect((await findings('I02', { source })).map(({ object }) => object)).toEqual(['public.deferred'])
      // That one is told by O14.
      expect((await findings('O14', { source })).map(({ object }) => object)).toEqual(['public.generated'])
      await apply([...without, ...flawed], { source }, 'undo')
      const again = await findings('I01', { source })
      // Without its index, there was nothing to go back to.
      expect(again.filter(({ object }) => object !== 'public.dropped')).toEqual(without)
    },
  )

  test('a temporal primary key is a key (18)', async () => {
    await using source = await freshDatabase(await server(18))
    await source.query(
      'create table booked (room int4range, at daterange, primary key (room, at without overlaps)); create table full_too (like booked including all); alter table full_too replica identity full',
    )
    await passes('I01', { source })
    await passes('I03', { source })
  })

  test('FULL needs types that can be compared, whatever they are made of', async () => {
    await using source = await freshDatabase(await server(17))
    await source.query(`
      create domain a_domain as varchar; create type an_enum as enum ('x'); create type a_row as (a int, b text);
      create domain b_domain as json; create type b_row as (a int, b point)`)
    await source.query(
      tables([
        'jsonb',
        'varchar(10)',
        'inet',
        'int[]',
        'int4range',
        'tsvector',
        'a_domain',
        'an_enum',
        'a_row',
        'money',
      ]),
    )
    await passes('I03', { source })
    await source.query('drop table t0, t1, t2, t3, t4, t5, t6, t7, t8, t9')
    await source.query(tables(['json', 'json[]', 'xml', 'point', 'b_domain', 'b_row']))
    expect((await findings('I03', { source })).map(({ severity, fix }) => [severity, fix?.kind])).toEqual(
      Array.from({ length: 6 }, () => ['error', 'advice']),
    )
    await source.query('alter table t0 alter a set not null, add unique (a)')
    const [fixable] = await findings('I03', { source })
    expect(fixable).toMatchObject({ object: 'public.t0', severity: 'warning', fix: { kind: 'sql' } })
    await apply(fixable === undefined ? [] : [fixable], { source })
    expect(await findings('I03', { source })).toHaveLength(5)
  })

  test('FULL with generated columns is refused by 18, there or on the way back', async () => {
    await using source = await freshDatabase(await server(16))
    await source.query(`
      create table t (a int, g int generated always as (a + 1) stored); alter table t replica identity full;
      create table indexed (like t including all); create index by_both on indexed (a, g);
      alter table indexed replica identity full`)
    const said = async (to: number) => {
      const some = await findings('I03', { source, to })
      return some.map(({ object, message }) => [object, message.replace(/:.*/s, '')])
    }
    expect(await said(18)).toEqual([
      [
        'public.indexed',
        'Its replica identity is FULL, but PostgreSQL 18 refuses UPDATE and DELETE, as it has generated columns (g)',
      ],
      [
        'public.t',
        'Its replica identity is FULL, but PostgreSQL 18 refuses UPDATE and DELETE, as it has generated columns (g)',
      ],
    ])
    expect(await said(17)).toEqual([
      [
        'public.indexed',
        'Its replica identity is FULL, but rows would be searched by index by_both, which has a generated column, and not be found',
      ],
    ])
  })

  test('a large table that changes is searched by a btree from 16 on, by a hash index from 17, and else row by row', async () => {
    await using source = await freshDatabase(await server(17))
    await source.query(`
      create table searched (a int, t text) with (autovacuum_enabled = off);
      create table quiet (like searched);
      insert into searched select g, 'x' from generate_series(1, 20000) g;
      insert into quiet select g, 'x' from generate_series(1, 20000) g;
      alter table searched replica identity full;
      update searched set t = 'y' where a < 100;
      analyze`)
    const said = async (to: number) => {
      const outcome = await found('I04', { source, to })
      return outcome.status === 'found'
        ? outcome.findings.map(({ object, message }) => [object, message])
        : outcome.status
    }
    await expect.poll(() => said(17)).toEqual([['public.searched', expect.stringContaining('a btree or hash index')]])
    expect(await said(15)).toEqual([['public.searched', expect.stringContaining('before 16 only a primary key')]])
    await source.query('create index on searched using hash (a)')
    expect(await said(16)).toEqual([['public.searched', expect.stringContaining('16 can use a btree index')]])
    expect(await said(17)).toBe('passed')
    await source.query('create index on searched (a)')
    expect(await said(16)).toBe('passed')
  })

  test.each([13, 18] as const)('on %s, partitions that differ from their table are found and mended', async (major) => {
    await using source = await freshDatabase(await server(major))
    await source.query(`
      create table keyed (id int primary key) partition by range (id);
      create table keyed_1 partition of keyed for values from (0) to (10);
      create table whole (id int) partition by range (id);
      create table whole_1 partition of whole for values from (0) to (10) partition by range (id);
      create table whole_11 partition of whole_1 for values from (0) to (5);`)
    expect((await findings('I01', { source })).map(({ object }) => object)).toEqual(['public.whole'])
    await apply(await findings('I01', { source }), { source })
    await passes('I01', { source })
    await passes('O24', { source })
    await source.query('alter table keyed_1 replica identity nothing; alter table whole_11 replica identity default')
    const unequal = await findings('O24', { source })
    expect(unequal.map(({ object, fix }) => [object, fix?.kind === 'sql' ? fix.sql : ''])).toEqual([
      ['public.keyed', 'ALTER TABLE "public"."keyed_1" REPLICA IDENTITY DEFAULT;'],
      ['public.whole', 'ALTER TABLE "public"."whole_11" REPLICA IDENTITY FULL;'],
    ])
    await apply(unequal, { source })
    await passes('O24', { source })
  })

  test('a key on the target that the source does not send is found', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query(
      'create table t (a int primary key, b int not null); create table f (a int primary key, b int); alter table f replica identity full',
    )
    expect(await found('I05', { source })).toMatchObject({ status: 'skipped' })
    await passes('I05', { source, target })
    await target.query('create table t (a int primary key, b int); create table f (a int, b int, primary key (a, b))')
    await passes('I05', { source, target })
    await target.query('alter table t drop constraint t_pkey, add primary key (a, b)')
    expect(await findings('I05', { source, target })).toMatchObject([
      { object: 'public.t', severity: 'block', message: expect.stringContaining('has b,') },
    ])
  })

  test('a long key is lost by old minor releases', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query('create table long_key (k text primary key); create table short_key (k varchar(30) primary key)')
    expect(await found('I06', { source })).toMatchObject({ status: 'skipped' })
    await using ends = await openEnds({
      source: parseConnection(source.url),
      target: undefined,
      to: 17,
      paths: online,
    })
    const check = allChecks.find(({ id }) => id === 'I06')
    const asOf = (version: number) =>
      check?.look({ ...ends, pair: { ...ends.pair, source: { ...ends.pair.source, version } } })
    expect(await asOf(140_002)).toMatchObject({
      status: 'found',
      findings: [{ object: 'public.long_key', fix: { text: expect.stringContaining('14.3') } }],
    })
    expect(await asOf(140_003)).toMatchObject({ status: 'skipped' })
  })
})

describe('data shape', () => {
  test('a database of some size says which tables the copy waits for, and a small one nothing', async () => {
    await using source = await freshDatabase(await server(16))
    await source.query('create table small (id int primary key); insert into small values (1); analyze')
    await passes('I07', { source })
    await source.query(`
      create table big (id int, t text);
      alter table big alter t set storage plain;
      insert into big select g, repeat('x', 8000) from generate_series(1, 9000) g;
      analyze big`)
    expect(await findings('I07', { source })).toMatchObject([
      { severity: 'info', message: expect.stringMatching(/public\.big \(100 %: 70\.\d MB/) },
    ])
  })

  test('writes are counted from the last reset of the statistics', async () => {
    await using source = await freshDatabase(await server(15))
    await passes('I08', { source })
    await source.query('create table busy (a int); select pg_stat_reset()')
    await source.query('insert into busy select generate_series(1, 300000)')
    await expect
      .poll(async () => (await found('I08', { source, paths: online })).status, { timeout: 20_000 })
      .toBe('found')
    expect(await findings('I08', { source })).toMatchObject([
      { message: expect.stringContaining('public.busy (100 %)') },
    ])
    expect(await findings('I09', { source })).toMatchObject([
      { message: expect.stringMatching(/rows on average.*applies such a transaction while/) },
    ])
    expect(await findings('I09', { source, to: 15 })).toMatchObject([
      { message: expect.stringContaining('only after its commit') },
    ])
    expect(await findings('I12', { source })).toMatchObject([
      { severity: 'info', fix: { sql: 'ANALYZE "public"."busy";' } },
    ])
    await source.query('delete from busy where a > 100')
    await expect.poll(async () => (await findings('I12', { source })).length, { timeout: 20_000 }).toBe(2)
  })

  test('functions that make tables are found, those that make temporary ones are not', async () => {
    await using source = await freshDatabase(await server(17))
    await passes('I09', { source })
    await source.query(`
      create function temporary() returns void language plpgsql as $$ begin create temp table x (a int); end $$;
      create function "truncate table"() returns int language sql as 'select 1'`)
    await passes('I11', { source })
    await source.query(`
      create procedure swap() language plpgsql as $$ begin
        create table new_one (a int); alter table new_one rename to old_one; end $$`)
    expect(await findings('I11', { source })).toMatchObject([{ message: expect.stringContaining('public.swap') }])
  })

  test('pg_stat_statements knows the large statements and the DDL; hidden, nobody knows', async () => {
    await using own = await startServer({
      major: 17,
      settings: {
        shared_preload_libraries: 'pg_stat_statements',
        autovacuum: 'off',
        autovacuum_freeze_max_age: '100000',
      },
    })
    await using reader = await freshRole(own)
    await using source = await freshDatabase(own)
    await source.query('create schema "Stats"; create extension pg_stat_statements schema "Stats"')
    await passes('I09', { source })
    await passes('I11', { source })
    await source.query('create table huge (a int)')
    await source.query('insert into huge select generate_series(1, 1000000)')
    for (const _ of [1, 2]) await source.query('truncate huge')
    expect(await findings('I09', { source })).toMatchObject([
      { message: expect.stringContaining('insert into huge select generate_series($1, $2) (1 times)') },
    ])
    expect(await findings('I11', { source })).toMatchObject([
      { message: expect.stringContaining('truncate huge (2 times)') },
    ])
    await source.query(`grant usage on schema "Stats" to ${reader.name}`)
    expect(await found('I09', { source: source.urlFor(reader.name) })).toMatchObject({ status: 'unknown' })

    await passes('I13', { source })
    await source.query(`do $$ begin
      for i in 1..201000 loop
        begin insert into huge values (1); exception when division_by_zero then null; end;
      end loop; end $$`)
    expect(await findings('I13', { source })).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('transaction ids old (autovacuum acts at 100,000') },
    ])
  })
})

function tables(types: readonly string[]): string {
  return types
    .map(
      (type, at) => `create table t${String(at)} (a int, c ${type}); alter table t${String(at)} replica identity full`,
    )
    .join(';')
}
