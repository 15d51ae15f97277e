import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, type MigrateOptions, type RunReport } from '../../src/index.ts'
import {
  type FreshDatabase,
  type Server,
  databaseNamed,
  freshDatabase,
  freshRole,
  server,
  programNamed,
} from '../kit/index.ts'
import { expectWhole, run } from './support.ts'

let old: Server
let young: Server
let source: FreshDatabase
beforeAll(async () => {
  old = await server(15)
  young = await server(17)
  source = await freshDatabase(old)
  await run(
    source.url,
    `create schema other;
     create table one (id serial primary key, note text); insert into one (note) select md5(i::text) from generate_series(1, 5000) i;
     create table two (id int primary key, one int references one); insert into two select i, i from generate_series(1, 100) i;
     create table other.one (id int primary key); insert into other.one values (1);
     create table parted (id int, v text) partition by range (id);
     create table other.parted_1 partition of parted for values from (0) to (100);
     create table parted_2 partition of parted for values from (100) to (200); insert into parted select i, i from generate_series(0, 199) i;
     create view over_two as select * from two; create materialized view stored as select count(*) from one;
     create table "Odd.name" (id int); insert into "Odd.name" values (3);
     create sequence free start 7; select nextval('free');
     create table large (id int primary key, wide text); insert into large select i, repeat(md5(i::text), 20) from generate_series(1, 20000) i`,
  )
})
afterAll(() => source[Symbol.asyncDispose]())

/** Migrates into a database of its own, and gives the names of what arrived with the rows of each table. */
async function arrived(options: Partial<MigrateOptions>): Promise<{ report: RunReport; rows: Record<string, number> }> {
  await using target = await freshDatabase(young)
  const report = await migrate({ source: source.url, target: target.url, ...options })
  const tables = await target.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'v', 'm') and n.nspname in ('public', 'other') order by 1`,
  )
  const rows: Record<string, number> = {}
  for (const { name } of tables)
    rows[name] = (await target.query<{ n: number }>(`select count(*)::int as n from ${name}`))[0]?.n ?? -1
  return { report, rows }
}

const ALL = {
  'other.one': 1,
  'other.parted_1': 100,
  'public.large': 20_000,
  'public."Odd.name"': 1,
  'public.one': 5000,
  'public.over_two': 100,
  'public.parted_2': 100,
  'public.stored': 1,
  'public.two': 100,
}

describe('filters', () => {
  test('--include takes the named tables, partitions with their parent, and the verdict is about those', async () => {
    const { report, rows } = await arrived({ include: ['public.one', 'part*', '"Odd.name"'] })
    expectWhole(report)
    expect(rows).toEqual({ 'other.parted_1': 100, 'public."Odd.name"': 1, 'public.one': 5000, 'public.parted_2': 100 })
  })

  test('--exclude leaves out tables with what needs them, says so, and compares the rest', async () => {
    const { report, rows } = await arrived({ exclude: ['public.one', 'large'] })
    expect(report.failures).toEqual([])
    expect(report.differences).toEqual([])
    expect(report.verdict).toBe('SAME')
    const { 'public.one': _one, 'public.large': _large, 'public.stored': _stored, ...rest } = ALL
    expect(rows).toEqual(rest)
    const left = report.notices.filter(({ code }) => code === 'plan.left-out').map(({ object }) => object)
    expect(left).toEqual(expect.arrayContaining(['stored', 'two two_one_fkey']))
  })

  test('--exclude-data makes tables without their rows, and does not compare those', async () => {
    const { report, rows } = await arrived({ excludeData: ['parted', 'large'] })
    expectWhole(report)
    expect(rows).toEqual({ ...ALL, 'public.large': 0, 'other.parted_1': 0, 'public.parted_2': 0 })
    expect(report.tables.filter(({ table }) => table === 'public.large')).toEqual([])
  })
})

describe('the run', () => {
  test('cuts a table by partSize, and all parts arrive', async () => {
    const { report, rows } = await arrived({ partSize: 1024 * 1024, jobs: 3 })
    expectWhole(report)
    expect(rows).toEqual(ALL)
    const parts = report.steps.filter(({ kind, table }) => kind === 'copy' && table === 'public.large')
    expect(parts.length).toBeGreaterThan(5)
    expect(parts.reduce((sum, part) => sum + part.rows, 0)).toBe(20_000)
  })

  test('with one job arrives whole', async () => {
    const { report, rows } = await arrived({ jobs: 1 })
    expectWhole(report)
    expect(rows).toEqual(ALL)
  })

  test.each([
    ['counts', 'SAME'],
    ['none', 'SKIPPED'],
  ] as const)('with verify: %s ends with %s', async (verify, verdict) => {
    const { report, rows } = await arrived({ verify, include: ['one', 'two'] })
    expect(report.verdict).toBe(verdict)
    expect(report.failures).toEqual([])
    expect(rows).toEqual({ 'other.one': 1, 'public.one': 5000, 'public.two': 100 })
    expect(new Set(report.tables.map((table) => table.verdict))).toEqual(new Set([verdict]))
  })

  const native = programNamed('pg_dump18') ?? ''
  test.skipIf(native === '')('with a native pg_dump gives the same', async () => {
    const { report, rows } = await arrived({ pgDump: native })
    expectWhole(report)
    expect(rows).toEqual(ALL)
  })
})

test('a role map holds for owners, grants, policies, default privileges and the database', async () => {
  await using from = await freshRole(old, { name: 'map_from' })
  await using reader = await freshRole(old, { name: 'map Reader' })
  await using to = await freshRole(young, { name: 'map "To"' })
  await using plain = await freshRole(young, { name: 'map_plain' })
  await using mapped = await freshDatabase(old)
  await using target = await freshDatabase(young)
  await run(
    mapped.url,
    `create table t (id int primary key); insert into t values (1); alter table t owner to map_from;
     grant select on t to "map Reader"; alter table t enable row level security; create policy p on t to map_from, "map Reader" using (true);
     create schema s authorization map_from; grant usage on schema s to "map Reader" with grant option;
     alter default privileges for role map_from in schema s grant select on tables to "map Reader";
     do $$begin
       execute format('grant temporary on database %I to map_from', current_database());
       execute format('alter role "map Reader" in database %I set work_mem = 65536', current_database());
     end$$`,
  )
  const roleMap = { [from.name]: to.name, [reader.name]: plain.name }
  expectWhole(await migrate({ source: mapped.url, target: target.url, roleMap }))
  const [row] = await target.query(
    `select (select relacl::text from pg_class where relname = 't') as acl, (select polroles::regrole[]::text from pg_policy) as policy,
            (select nspowner::regrole::text from pg_namespace where nspname = 's') as owner,
            (select defaclrole::regrole || ' ' || defaclacl::text from pg_default_acl) as defaults,
            (select setrole::regrole::text from pg_db_role_setting where setrole <> 0 and setdatabase = (select oid from pg_database where datname = current_database())) as setting,
            has_database_privilege('map "To"', current_database(), 'temporary') as temporary`,
  )
  expect(row).toEqual({
    acl: '{"\\"map \\"\\"To\\"\\"\\"=arwdDxtm/\\"map \\"\\"To\\"\\"\\"","map_plain=r/\\"map \\"\\"To\\"\\"\\""}',
    policy: '{"\\"map \\"\\"To\\"\\"\\"",map_plain}',
    owner: '"map ""To"""',
    defaults: '"map ""To""" {"map_plain=r/\\"map \\"\\"To\\"\\"\\""}',
    setting: 'map_plain',
    temporary: true,
  })
})

describe('--create', () => {
  const PROPERTIES = `select pg_encoding_to_char(encoding)::text as encoding, datcollate::text as collate, datctype::text as ctype, to_jsonb(d) ->> 'datlocprovider' as provider,
    coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale') as locale, datconnlimit as limit, datdba::regrole::text as owner,
    shobj_description(oid, 'pg_database') as comment,
    (select array_agg(s order by s) from pg_db_role_setting, unnest(setconfig) s where setdatabase = d.oid and setrole = 0) as settings,
    has_database_privilege('public', oid, 'connect') as open, has_database_privilege('create_role', oid, 'create') as granted
    from pg_database d where datname = current_database()`

  test.each([
    [15, 17, `encoding 'UTF8' locale_provider icu icu_locale 'de-u-co-phonebk' locale 'C' template template0`],
    [15, 18, `encoding 'LATIN1' locale 'C' template template0`],
    [17, 18, `encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C' template template0`],
    [15, 17, `encoding 'SQL_ASCII' locale 'C' template template0`],
  ] as const)('from %i to %i makes the database as the source has it: %s', async (from, to, how) => {
    const [older, newer] = [await server(from), await server(to)]
    await using _there = await freshRole(older, { name: 'create_role' })
    await using _here = await freshRole(newer, { name: 'create_role' })
    await using database = await freshDatabase(older, { with: how, owner: 'create_role' })
    await using target = databaseNamed(newer, `${database.name}_new`)
    await run(
      database.url,
      `create table t (id int primary key, note text); insert into t values (1, 'a'), (2, 'B');
       do $$begin
         execute format('alter database %I set search_path = "$user", public, pg_catalog', current_database());
         execute format('alter role create_role in database %I set search_path = %L', current_database(), '');
         execute format('alter database %I set "app.name" = %L', current_database(), 'it''s "here"');
         execute format('comment on database %I is %L', current_database(), 'A comment');
         execute format('revoke connect on database %I from public', current_database());
         execute format('grant create on database %I to create_role', current_database());
         execute format('alter database %I connection limit 50', current_database());
       end$$`,
    )
    const report = await migrate({ source: database.url, target: target.url, create: 'create' })
    expectWhole(report)
    const wanted = await database.query(PROPERTIES)
    expect(wanted).toMatchObject([
      { limit: 50, owner: 'create_role', comment: 'A comment', open: false, granted: true },
    ])
    expect(await target.query(PROPERTIES)).toEqual(wanted)
    await run(newer.url(), `drop database ${target.name}`)
    await run(older.url(), `drop database ${database.name}`)
  })
})
