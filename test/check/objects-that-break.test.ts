import { describe, expect, test } from 'vitest'
import { removedType } from '../../src/check/objects-that-break/carried-types.ts'
import { selfManaged } from '../../src/provider/index.ts'
import { freshDatabase, freshRole, psqlLike, server } from '../kit/index.ts'
import { ALL_PATHS, findings, found, passes } from './support.ts'

const objectsOf = async (...args: Parameters<typeof findings>) => (await findings(...args)).map(({ object }) => object)

const pair = (from: number, to: number) => ({
  source: { major: from, version: from * 10_000, provider: selfManaged },
  target: { major: to, version: undefined, provider: selfManaged },
  paths: new Set(ALL_PATHS),
})

describe('objects that break', () => {
  test('a server that knows a type for the last time is told of its columns', () => {
    const row = {
      schema: 'a',
      name: 'a.t.c',
      declared: 'abstime[]',
      type: 'abstime',
      kind: 'removed',
      has_large_objects: false,
    } as const
    expect(removedType(row, pair(11, 12))).toMatchObject([{ object: 'a.t.c' }])
    expect(removedType(row, pair(10, 11))).toEqual([])
    expect(removedType({ ...row, kind: 'name' }, pair(11, 12))).toEqual([])
  })

  test('what 14 to 18 changed does not concern a source that has it behind it', async () => {
    await using source = await freshDatabase(await server(17))
    await psqlLike(
      source.url,
      `create type floatrange as range (subtype = float8, multirange_type_name = floats);
       create table floatmultirange (a int);
       create aggregate collect(anycompatible) (sfunc = array_append, stype = anycompatiblearray, initcond = '{}');
       create function regexp_count(text, text) returns int language sql as 'select 0';
       create table audit (id int primary key, "system_user" text check ("system_user" <> ''));
       create table parent (id int generated always as identity, k int) partition by list (k);
       create table child partition of parent for values in (1);
       create view backups as select pg_backup_start('x');
       create function old() returns void language sql as '/* was pg_start_backup() */ select null'`,
    )
    for (const id of ['O05', 'O06', 'O43', 'O44', 'O47', 'O48']) {
      expect(await found(id, { source })).toMatchObject({ status: 'skipped' })
    }
    for (const id of ['O07', 'O12', 'O49', 'O42', 'O41']) await passes(id, { source })
  })

  test('casts that stay the user\u2019s own are not taken for the new ones', async () => {
    await using source = await freshDatabase(await server(17))
    await source.query('create cast (text as json) with inout as assignment')
    await passes('O41', { source })
    await source.query('create cast (bytea as smallint) with inout')
    expect(await findings('O41', { source })).toMatchObject([
      {
        object: 'cast bytea as smallint',
        fix: { sql: 'DROP CAST (bytea AS smallint);', undo: 'CREATE CAST (bytea AS smallint) WITH INOUT;' },
      },
    ])
    await passes('O41', { source, to: 17 })
  })

  test('columns of types that are the server\u2019s own are found through arrays, domains and row types', async () => {
    await using source = await freshDatabase(await server(16))
    await psqlLike(
      source.url,
      `create domain relation as regclass;
       create type pair as (a int, b relation[]);
       create table kept (plain int, named pair, at pg_lsn, who oid);
       create table fine (a text, b jsonb, c numrange);
       create view shown as select oid, relname from pg_class`,
    )
    expect(await objectsOf('O04', { source })).toEqual(['public.kept.at', 'public.kept.named', 'public.kept.who'])
    await passes('O03', { source })
    await source.query('create table rows (r pg_class[])')
    expect(await objectsOf('O03', { source })).toEqual(['public.rows.r'])
    expect(await found('O03', { source, to: 16 })).toMatchObject({ status: 'skipped' })
  })

  test('a NOT NULL that children lack is found up to 17, and not where they have it', async () => {
    await using source = await freshDatabase(await server(17))
    await psqlLike(source.url, 'create table p (a int not null); create table c () inherits (p)')
    await passes('O08', { source })
    await source.query('alter table c alter a drop not null')
    expect(await objectsOf('O08', { source, to: 17 })).toEqual(['public.c.a'])
    await using newest = await freshDatabase(await server(18))
    expect(await found('O08', { source: newest })).toMatchObject({ status: 'skipped' })
  })

  test('names of NOT NULL are taken by later constraints alone, and on 18 alone', async () => {
    await using source = await freshDatabase(await server(16))
    await psqlLike(
      source.url,
      `create table t (a int not null, b int, constraint t_a_not_null check (a is not null), constraint t_b_not_null unique (b))`,
    )
    await passes('O45', { source })
    await source.query('alter table t add constraint "T_a_not_null" check (a is not null) not valid')
    await passes('O45', { source })
    await psqlLike(
      source.url,
      'alter table t drop constraint t_a_not_null; alter table t add constraint t_a_not_null check (a is not null) not valid',
    )
    expect(await objectsOf('O45', { source })).toEqual(['public.t.t_a_not_null'])
    await passes('O45', { source, to: 17 })
    await source.query('create domain d as int not null constraint d_not_null check (value > 0)')
    expect(await objectsOf('O45', { source, to: 17 })).toEqual(['public.d.d_not_null'])
    expect(await found('O45', { source, to: 16 })).toMatchObject({ status: 'skipped' })
  })

  test('arguments and result columns with names of new keywords are found, quoted ones on a newer source are not', async () => {
    const functions = `
      create function fine("normalize" text, path text) returns int language sql as 'select 1';
      create function takes("json" json) returns int language sql as 'select 1';
      create function gives() returns table ("json_value" text) language sql as 'select null::text';
      create aggregate total("json" int) (sfunc = int4pl, stype = int)`
    await using source = await freshDatabase(await server(16))
    await psqlLike(source.url, functions)
    expect(await objectsOf('O50', { source, to: 17 })).toEqual([
      'function public.gives()',
      'function public.takes(json)',
      'function public.total(integer)',
    ])
    await passes('O50', { source, to: 16 })
    const advice = async (path: 'offline' | 'files') =>
      JSON.stringify((await findings('O50', { source, to: 17, paths: [path] })).map(({ fix }) => fix))
    expect(await advice('offline')).not.toContain('--quote-all-identifiers')
    expect(await advice('files')).toContain('A dump by pg_dump itself has to be made with --quote-all-identifiers.')
    await using newer = await freshDatabase(await server(17))
    await psqlLike(newer.url, functions)
    await passes('O50', { source: newer })
    await expect(newer.query(`select takes(json => '1')`)).rejects.toMatchObject({ code: '42601' })
    expect(await newer.query(`select takes("json" => '1')`)).toEqual([{ takes: 1 }])
  })

  test('a foreign key between columns of one nondeterministic collation is fine', async () => {
    await using source = await freshDatabase(await server(17))
    await psqlLike(
      source.url,
      `create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
       create table p (t text collate ci primary key);
       create table c (t text collate ci references p);
       create table q (t text collate "C" primary key);
       create table d (t text references q)`,
    )
    await passes('O46', { source })
    await source.query('create table e (t text references p)')
    expect(await objectsOf('O46', { source })).toEqual(['public.e.e_t_fkey'])
  })

  test('an invalid index is to be rebuilt, and the rest of a REINDEX to be dropped', async () => {
    await using source = await freshDatabase(await server(15))
    await psqlLike(source.url, 'create table t (a int, b int); insert into t values (1, 1), (1, 2)')
    await passes('O09', { source })
    await expect(source.query('create unique index concurrently broken on t (a)')).rejects.toThrow('could not create')
    await source.query('create index "b" on t (b)')
    await source.query('alter index broken rename to broken_ccnew1')
    await expect(source.query('create unique index concurrently broken on t (a)')).rejects.toThrow('could not create')
    expect(await findings('O09', { source })).toMatchObject([
      { object: 'index public.broken', fix: { sql: 'REINDEX INDEX CONCURRENTLY public.broken;' } },
      { object: 'index public.broken_ccnew1', fix: { sql: 'DROP INDEX CONCURRENTLY public.broken_ccnew1;' } },
    ])
  })

  test('constraints that were not validated are named, those that are not enforced are meant so', async () => {
    await using source = await freshDatabase(await server(18))
    await psqlLike(
      source.url,
      'create table t (a int); alter table t add constraint loose check (a > 0) not enforced, add constraint "My Check" check (a > 1) not valid',
    )
    expect(await findings('O11', { source })).toMatchObject([
      {
        object: 'public.t.My Check',
        severity: 'info',
        fix: { sql: 'ALTER TABLE public.t VALIDATE CONSTRAINT "My Check";' },
      },
    ])
  })
})

describe('uses of what catalogs no longer have', () => {
  test('are found in views, and in what reads them', async () => {
    await using source = await freshDatabase(await server(16))
    await psqlLike(
      source.url,
      `create view a as select * from pg_stat_bgwriter;
       create view b as select buffers_alloc from a;
       create materialized view c as select * from b;
       create view fine as select buffers_alloc, checkpoint from pg_stat_bgwriter, (select 1 as checkpoint) x`,
    )
    expect(await findings('O12', { source, to: 17 })).toMatchObject([
      { object: 'view public.a', severity: 'block', message: expect.stringMatching(/checkpoints_timed/) },
      { object: 'view public.b', message: 'It reads public.a, which PostgreSQL 17 cannot create.' },
      { object: 'materialized view public.c', message: 'It reads public.b, which PostgreSQL 17 cannot create.' },
    ])
    expect(await found('O12', { source, to: 16 })).toMatchObject({ status: 'skipped' })
  })

  test('are found in policies, rules and bodies in standard SQL, as these cannot be created', async () => {
    await using source = await freshDatabase(await server(14))
    await psqlLike(
      source.url,
      `create table t (a int);
       create policy quiet on t using (not pg_is_in_backup());
       create rule r as on update to t do also select datlastsysoid from pg_database;
       create function body() returns oid begin atomic select max(datlastsysoid) from pg_database; end`,
    )
    expect(await objectsOf('O12', { source, to: 15 })).toEqual([
      'policy quiet of public.t',
      'rule r of public.t',
      'the definition of function public.body()',
    ])
  })

  test('in bodies are words of the code, not of comments, and need their relation beside them', async () => {
    await using source = await freshDatabase(await server(16))
    await psqlLike(
      source.url,
      `create function comment() returns int language sql as '-- pg_stat_bgwriter.checkpoints_timed
                                                             select 1';
       create function other() returns int language sql as 'select 1 as checkpoints_timed from pg_stat_wal';
       create function like_it() returns int language sql as 'select 1 as my_pg_stat_bgwriter from (select 2 as checkpoints_timed) x'`,
    )
    await passes('O12', { source, to: 17 })
    await source.query(
      `create function dynamic() returns void language plpgsql as $$begin execute 'select checkpoints_timed from pg_stat_bgwriter'; end$$`,
    )
    expect(await findings('O12', { source, to: 17 })).toMatchObject([
      {
        object: 'function public.dynamic()',
        severity: 'warning',
        fix: { text: expect.stringMatching(/pg_stat_checkpointer\.num_timed/) },
      },
    ])
  })
})

describe('functions that need a search_path', () => {
  test('are found where a restore calls them, and directly or through others', async () => {
    await using source = await freshDatabase(await server(15))
    await psqlLike(source.url, NEEDS_PATH)
    const all = await findings('O13', { source, to: 16 })
    expect(all.map(({ object, fix }) => [object, fix?.kind === 'sql' ? fix.sql : fix])).toEqual([
      ['function app.moody(text)', 'ALTER FUNCTION app.moody(text) SET search_path = app, pg_temp;'],
      ['function app.plain(text)', 'ALTER FUNCTION app.plain(text) SET search_path = app, pg_temp;'],
      ['function app.rate(text)', 'ALTER FUNCTION app.rate(text) SET search_path = app, pg_temp;'],
    ])
    expect(all[1]?.message).toContain('a generated column of app.t, index app.ti call it')
    expect(all[1]?.message).not.toContain('REFRESH')
    expect((await findings('O13', { source, to: 17 }))[1]?.message).toContain('REFRESH')
    await psqlLike(source.url, all.map(({ fix }) => (fix?.kind === 'sql' ? fix.sql : '')).join('\n'))
    await passes('O13', { source })
  })

  test('of earthdistance are only known before 16', async () => {
    await using source = await freshDatabase(await server(14))
    await psqlLike(
      source.url,
      `create extension earthdistance cascade; create table t (a float8, b float8);
       create index i on t using gist (ll_to_earth(a, b))`,
    )
    expect(await objectsOf('O13', { source, to: 15 })).toEqual([
      'function public.ll_to_earth(double precision,double precision)',
    ])
    await passes('O13', { source, to: 16 })
  })
})

/** A fix of the source that gives a table another replica identity. */
function identityFix(sql: string, undo: string): object {
  return { kind: 'sql', side: 'source', sql, undo }
}

describe('what does not travel by itself', () => {
  test('online: unlogged tables, generated identities, materialized views', async () => {
    await using source = await freshDatabase(await server(18))
    await psqlLike(
      source.url,
      `create table fine (a int primary key, b int generated always as (a) stored);
       create table doubled (a int, b int generated always as (a * 2) stored primary key);
       create unlogged table cache (a int);
       create materialized view filled as select 1 as a;
       create materialized view empty as select 1 as a with no data`,
    )
    expect(await objectsOf('O14', { source })).toEqual(['public.doubled'])
    // One fact, one finding.
    await passes('I02', { source })
    expect(await objectsOf('O16', { source })).toEqual(['public.cache'])
    expect(await objectsOf('O19', { source })).toEqual(['materialized view public.filled'])
    for (const id of ['O14', 'O16'])
      expect(await found(id, { source, paths: ['offline'] })).toMatchObject({ status: 'skipped' })
    await passes('O19', { source, paths: ['offline'] })
  })

  test('online: a key with generated columns is replaced by what an online migration would take', async () => {
    await using source = await freshDatabase(await server(15))
    await psqlLike(
      source.url,
      `create table has_another (a int not null, b int generated always as (a) stored primary key, code text not null unique);
       create table has_none (a int, b int generated always as (a) stored primary key, note text);
       create table meant (a int primary key, b int generated always as (a) stored not null unique);
       alter table meant replica identity using index meant_b_key`,
    )
    const fixesTo = async (to: number) =>
      (await findings('O14', { source, to })).map(({ object, severity, fix }) => [object, severity, fix])
    const byKey = [
      [
        'public.has_another',
        'warning',
        identityFix(
          'ALTER TABLE "public"."has_another" REPLICA IDENTITY USING INDEX "has_another_code_key";',
          'ALTER TABLE "public"."has_another" REPLICA IDENTITY DEFAULT;',
        ),
      ],
      [
        'public.meant',
        'warning',
        identityFix(
          'ALTER TABLE "public"."meant" REPLICA IDENTITY DEFAULT;',
          'ALTER TABLE "public"."meant" REPLICA IDENTITY USING INDEX "meant_b_key";',
        ),
      ],
    ]
    // Neither by its key nor by whole rows: the primary key of the side that applies has the generated column, too.
    const has_none = ['public.has_none', 'error', { kind: 'advice', text: expect.stringContaining('write pause') }]
    expect(await fixesTo(17)).toEqual([byKey[0], has_none, byKey[1]])
    expect(await fixesTo(18)).toEqual([byKey[0], has_none, byKey[1]])

    // The apply worker of 15 does not search by the index, and the whole row will do.
    await source.query(
      `create table whole (a int, b int generated always as (a) stored not null unique);
       alter table whole replica identity using index whole_b_key`,
    )
    expect((await fixesTo(15)).at(-1)).toEqual([
      'public.whole',
      'warning',
      identityFix(
        'ALTER TABLE "public"."whole" REPLICA IDENTITY FULL;',
        'ALTER TABLE "public"."whole" REPLICA IDENTITY USING INDEX "whole_b_key";',
      ),
    ])
  })

  test('a materialized view that reads an empty one arrives empty', async () => {
    await using source = await freshDatabase(await server(17))
    await psqlLike(
      source.url,
      `create materialized view base as select 1 as a; create view between as select a from base;
       create materialized view top as select a from between; refresh materialized view base with no data`,
    )
    expect(await findings('O19', { source, paths: ['offline'] })).toMatchObject([
      {
        object: 'materialized view public.top',
        severity: 'warning',
        fix: { sql: 'REFRESH MATERIALIZED VIEW public.base;' },
      },
    ])
  })

  test('large objects: unreadable ones stop every copy, and online they are not replicated', async () => {
    const pg = await server(16)
    await using role = await freshRole(pg, { attributes: 'login' })
    await using source = await freshDatabase(pg)
    await passes('O20', { source })
    await source.query('select lo_create(1), lo_create(2)')
    await passes('O20', { source, paths: ['offline'] })
    await source.query(`grant select on large object 2 to ${role.name}`)
    expect(await findings('O20', { source: source.urlFor(role.name), paths: ['offline'] })).toMatchObject([
      { severity: 'block', message: expect.stringMatching(/1 large object of 2/) },
    ])
    expect(await findings('O20', { source })).toMatchObject([
      { severity: 'error', message: expect.stringMatching(/not carry/) },
    ])
  })

  test('foreign servers: their own machine, another one, files, and passwords that cannot be seen', async () => {
    const pg = await server(17)
    await using role = await freshRole(pg, { attributes: 'login' })
    await using source = await freshDatabase(pg)
    await psqlLike(source.url, 'create extension postgres_fdw; create extension file_fdw')
    await source.query('create server plain foreign data wrapper postgres_fdw')
    await passes('O17', { source })
    await psqlLike(
      source.url,
      `create server far foreign data wrapper postgres_fdw options (host 'db.example', dbname 'shop');
       create server near foreign data wrapper postgres_fdw options (dbname 'shop');
       create server files foreign data wrapper file_fdw;
       create foreign table csv (a text) server files options (filename '/tmp/a.csv');
       create user mapping for postgres server far options (user 'a', password 'hush')`,
    )
    expect(await findings('O17', { source })).toMatchObject([
      {
        object: 'foreign server far',
        severity: 'warning',
        message: expect.stringMatching(/db\.example, database shop/),
      },
      { object: 'foreign server files', message: expect.stringMatching(/1 foreign table reads/) },
      { object: 'foreign server near', severity: 'error' },
    ])
    expect(await objectsOf('O17', { source: source.urlFor(role.name) })).toContain('user mapping of postgres for far')
  })

  test('connection strings in functions are named by host and database, never with their password', async () => {
    await using source = await freshDatabase(await server(14))
    await psqlLike(
      source.url,
      `create function fine() returns text language sql as 'select ''the host is here''::text -- postgres://nobody@x/y';
       create function named() returns text language sql as $$select 'host=10.0.0.7 password=hush dbname=shop'$$;
       create function url() returns text language sql as $$select 'postgresql://me:hush@db.example:5432/stock?a=b'$$;
       create function told(c text) returns void language plpgsql as 'begin perform dblink_connect(c); end'`,
    )
    const all = await findings('O18', { source })
    expect(all.map(({ object, message }) => [object, message.split(':')[0]?.replace(/ It arrives.*/, '')])).toEqual([
      ['function public.named()', 'It connects to 10.0.0.7, database shop.'],
      ['function public.told(text)', 'It connects somewhere that it is told.'],
      ['function public.url()', 'It connects to db.example'],
    ])
    expect(JSON.stringify(all)).not.toContain('hush')
  })

  test('what belongs to the source\u2019s provider is not reported', async () => {
    await using source = await freshDatabase(await server(14))
    await psqlLike(source.url, 'create schema managed; create view managed.v as select pg_is_in_backup()')
    expect(await objectsOf('O12', { source })).toEqual(['view managed.v'])
    const provider = { ...selfManaged, reserved: { ...selfManaged.reserved, schemas: ['managed'] } }
    await passes('O12', { source, sourceProvider: provider })
  })
})

const NEEDS_PATH = `
  create schema app; set search_path = app;
  create table rates (c text, r numeric); create type mood as enum ('a', 'b');
  create function helper(text) returns text language sql immutable as 'select lower($1)';
  create function plain(text) returns text language sql immutable as 'select helper($1) -- from rates';
  create function qualified(text) returns text language sql immutable as 'select app.helper($1)';
  create function indirect(text) returns text language plpgsql immutable as 'begin return app.plain($1); end';
  create function pathed(text) returns text language sql immutable set search_path = app as 'select helper($1)';
  create function parsed(text) returns text language sql immutable return helper($1);
  create function rate(text) returns numeric language plpgsql stable as
    'declare x rates%rowtype; begin select * into x from rates where c = $1; return x.r; end';
  create function moody(text) returns boolean language sql immutable as 'select $1::mood is null';
  create function dated(text) returns text language sql immutable as 'with rates as (select upper($1) as u) select u from rates';
  create function unused(text) returns text language sql as 'select helper($1)';
  create table t (a text, b text generated always as (indirect(a)) stored, check (moody(a) is not null));
  create index ti on t (plain(a)); create index tj on t (pathed(a), parsed(a), dated(a)) where qualified(a) = 'x';
  create view v as select rate(a) from t;
  create materialized view m as select * from v;`
