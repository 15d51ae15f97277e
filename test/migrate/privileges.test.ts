import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, plan, type RunReport } from '../../src/index.ts'
import { type Major, type OwnServer, freshDatabase, queryOnce, startServer } from '../kit/index.ts'
import { demo, expectWhole, fingerprint, expectRefusal, run } from './support.ts'

const OWNERS = ['shop_owner', 'shop_sales', 'shop_stock']

let old: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 14 })
  await run(old.url(), demo('roles'))
  await queryOnce(old.url(), 'create database shop owner shop_owner')
  await run(old.url('shop', 'shop_owner'), demo('demo'))
  // The owner has taken this right from himself, and forced policies hold for him: whoever migrates needs both.
  await run(old.url('shop'), 'grant select on shop.fired to shop_owner; alter role shop_owner bypassrls')
})
afterAll(() => old[Symbol.asyncDispose]())

/** A server with the demo's roles, an administrator who is no superuser, and his empty database. */
async function managed(major: Major, member: 'member' | 'stranger'): Promise<OwnServer> {
  const server = await startServer({ major })
  await run(server.url(), demo('roles'))
  await run(server.url(), 'create role admin login createdb createrole')
  if (member === 'member') await run(server.url(), `grant ${OWNERS.join(', ')} to admin`)
  await queryOnce(server.url('postgres', 'admin'), 'create database shop')
  return server
}

const labels = (found: { label: string }[]) => found.map(({ label }) => label)

/** Rows are compared by pgleap; here only that nothing is missing from what it compared, and what it could not see. */
function expectRows(report: RunReport): void {
  const open = report.tables.filter(({ verdict }) => verdict !== 'SAME')
  // Its policies are FORCEd: on the target they hold for its new owner, too.
  expect(open.map(({ table, verdict }) => [table, verdict])).toEqual([['shop.audit_log', 'UNKNOWN']])
  expect(open[0]?.rows).toBe(20_000)
  expect(report.tables.length).toBeGreaterThan(30)
}

describe('an administrator of the target who is no superuser', () => {
  test('gets everything but what only others may do, where he is a member of the owners', async () => {
    await using target = await managed(16, 'member')
    // The owner of the source's tables is no superuser either.
    const report = await migrate({
      source: old.url('shop', 'shop_owner'),
      target: target.url('shop', 'admin'),
      jobs: 2,
    })
    // On 14 it is the first superuser's.
    expect(report.failures).toMatchObject([{ label: 'owner of SCHEMA public', code: 'target.no-privilege' }])
    expect(report.blocked).toEqual([])
    expectRows(report)
    expect(report.verdict).toBe('DIFFERENT')
    expect(report.notices.filter(({ code }) => code === 'target.owners')).toEqual([])
    expect(
      await queryOnce(target.url('shop'), `select tableowner from pg_tables where tablename = 'customers'`),
    ).toEqual([{ tableowner: 'shop_owner' }])
  })

  test.each([14, 18] as const)(
    'keeps what he may not give away, and every such object is listed (on %i)',
    async (major) => {
      await using target = await managed(major, 'stranger')
      const report = await migrate({ source: old.url('shop'), target: target.url('shop', 'admin'), jobs: 2 })
      const others = labels(report.failures).filter((label) => !label.startsWith('owner of '))
      expect(others.every((label) => label.startsWith('DEFAULT ACL '))).toBe(true)
      expect(report.failures.filter(({ sqlstate }) => sqlstate !== '42501')).toEqual([])
      expect(report.blocked).toEqual([])
      expectRows(report)

      const warning = report.notices.find(({ code }) => code === 'target.owners')
      for (const owner of OWNERS) expect(warning?.message).toContain(`"${owner}"`)
      expect(warning?.hint).toContain('--no-owner')
      const objects = report.notices.filter(({ code }) => code === 'large-object.incomplete')
      expect(objects).toHaveLength(2)
      // Nothing is lost silently: all that is not its owner's is in the list.
      const kept = await queryOnce<{ name: string }>(
        target.url('shop'),
        `select format('owner of TABLE %s.%s', schemaname, tablename) as name from pg_tables
        where tableowner = 'admin' and schemaname not in ('pgleap', 'ext')`,
      )
      expect(kept.length).toBeGreaterThan(30)
      expect(labels(report.failures)).toEqual(expect.arrayContaining(kept.map(({ name }) => name)))
    },
  )

  test('may leave the owners out, and then nothing is missing', async () => {
    await using target = await managed(14, 'stranger')
    await using source = await freshDatabase(old)
    await run(
      source.url,
      'create table t (id int primary key); insert into t values (1); alter table t owner to shop_sales',
    )
    const report = await migrate({ source: source.url, target: target.url('shop', 'admin'), owners: 'skip' })
    expectWhole(report)
  })

  test('hears of every object that only a superuser may make, and of what hangs on it', async () => {
    await using target = await managed(18, 'stranger')
    await using source = await freshDatabase(old)
    await run(
      source.url,
      `create table t (id int primary key); insert into t select generate_series(1, 100);
       create function on_ddl() returns event_trigger language plpgsql as 'begin end';
       create event trigger noticed on ddl_command_end execute function on_ddl();
       create foreign data wrapper wrapper; create server far foreign data wrapper wrapper;
       create foreign table far_table (id int) server far;
       create view over_far as select * from far_table;
       create function in_c() returns void language internal as 'pg_stat_clear_snapshot';
       create publication everything for all tables`,
    )
    const report = await migrate({ source: source.url, target: target.url('shop', 'admin'), owners: 'skip' })
    expect(labels(report.failures)).toEqual([
      'FUNCTION public.in_c()',
      'FOREIGN DATA WRAPPER wrapper',
      'PUBLICATION everything',
      'EVENT TRIGGER noticed',
    ])
    expect(report.blocked).toEqual(
      ['SERVER far', 'FOREIGN TABLE public.far_table', 'VIEW public.over_far', 'STATISTICS DATA public.far_table'].map(
        (label) => ({
          label,
          by: 'FOREIGN DATA WRAPPER wrapper',
        }),
      ),
    )
    expect(report.tables).toMatchObject([{ table: 'public.t', rows: 100, verdict: 'SAME' }])
    expect(report.verdict).toBe('DIFFERENT')
  })
})

describe('a role of the source', () => {
  test('that may not read some tables is refused, with all of them in one sentence, before anything is changed', async () => {
    await using source = await freshDatabase(old)
    await using target = await freshDatabase(old)
    await run(
      source.url,
      `create table a (id int); create table b (id serial); create table c (id int); create schema closed; create table closed.d (id int);
       grant select on a, closed.d to shop_sales`,
    )
    await run(old.url(), 'alter role shop_sales login')
    const before = await fingerprint(target.url)
    const call = migrate({ source: source.urlFor('shop_sales'), target: target.url })
    const error = await expectRefusal(call, 'source.no-privilege', 'source')
    expect(error.message).toBe(
      'The role "shop_sales" may not read table closed.d, table public.b, sequence public.b_id_seq, table public.c of the source.',
    )
    expect(await fingerprint(target.url)).toBe(before)
    expect(error.hint).toContain('pg_read_all_data')

    await run(source.url, 'grant pg_read_all_data to shop_sales')
    const report = await migrate({ source: source.urlFor('shop_sales'), target: target.url })
    await run(source.url, 'revoke pg_read_all_data from shop_sales')
    expectWhole(report)
  })

  test('that owns the tables, and is no superuser, migrates them', async () => {
    await using source = await freshDatabase(old, { owner: 'shop_owner' })
    await using target = await freshDatabase(old)
    await run(
      source.urlFor('shop_owner'),
      `create schema own; create table own.t (id serial primary key, note text); insert into own.t (note) select md5(i::text) from generate_series(1, 1000) i;
       create materialized view own.m as select count(*) from own.t; select lo_create(0)`,
    )
    expectWhole(await migrate({ source: source.urlFor('shop_owner'), target: target.url }))
  })

  test('from which policies hide rows is refused, and never gets a part of them', async () => {
    await using source = await freshDatabase(old)
    await using target = await freshDatabase(old)
    await run(
      source.url,
      `create table hidden (id int); insert into hidden select generate_series(1, 10);
       alter table hidden enable row level security; create policy low on hidden using (id < 5);
       create table forced (id int) partition by list (id); create table forced_1 partition of forced for values in (1);
       alter table forced_1 enable row level security; alter table forced_1 force row level security; alter table forced_1 owner to shop_sales;
       grant select on all tables in schema public to shop_sales`,
    )
    const before = await fingerprint(target.url)
    const ends = { source: source.urlFor('shop_sales'), target: target.url }
    for (const command of [migrate, plan]) {
      const error = await expectRefusal(command(ends), 'source.row-security', 'source')
      expect(error.message).toBe(
        'Row-level security hides rows of table public.forced_1, table public.hidden of the source from the role "shop_sales".',
      )
    }
    const partly = { ...ends, excludeData: ['hidden'] }
    expect((await expectRefusal(migrate(partly), 'source.row-security', 'source')).message).not.toContain('hidden,')
    expect(await fingerprint(target.url)).toBe(before)

    // A partition goes with its parent.
    const report = await migrate({ ...ends, excludeData: ['hidden', 'forced'] })
    expectWhole(report)
    expect(await target.query('select from hidden')).toEqual([])
  })
})
