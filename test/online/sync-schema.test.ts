import { afterAll, beforeAll, expect, test } from 'vitest'
import { assertNoDrift, online, syncSchema } from '../../src/online/index.ts'
import { sidesOf } from '../../src/online/sides.ts'
import { freshDatabase, startServer, type OwnServer } from '../kit/index.ts'
import { write } from './pair.ts'
import { until } from './until.ts'

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 14 })
  // Table sync workers start as seldom as this.
  young = await startServer({ major: 17, settings: { wal_retrieve_retry_interval: '200ms' } })
})
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

test('what DDL adds is noticed, named and brought over, with the rows that it has', { timeout: 180_000 }, async () => {
  const source = await freshDatabase(old)
  const target = await freshDatabase(young)
  await source.query(`
    create table item (id int primary key, v text);
    create table visit (id int primary key);
    insert into visit values (1);
    insert into item select i, 'v' from generate_series(1, 10) i;
    create table log (at int, day int, primary key (at, day)) partition by range (day);
    create table log_1 partition of log for values from (0) to (10)`)
  await online.start({ source: source.url, target: target.url })

  const drift = async () => {
    const sides = sidesOf(source.url, target.url, undefined)
    await using active = await sides.open('source', 'test')
    await using keeper = await sides.open('target', 'test')
    await assertNoDrift(active, keeper)
  }
  await drift()
  expect(await syncSchema({ target: target.url, source: source.url })).toMatchObject({
    changes: [],
    outcome: 'in step',
  })

  await source.query(`
    create type mood as enum ('low', 'high');
    alter table item add column mood mood not null default 'low', add column note text, add column seen int default 7;
    alter table item alter column seen drop default;
    create table shop (id int primary key, mood mood, item int references item);
    create index item_v on item (v);
    create view moods as select id, mood from item;
    create function twice(int) returns int language sql as 'select $1 * 2';
    create table heap (v text);
    create table audit (id int primary key, system_user text check (system_user <> ''));
    insert into audit values (1, 'somebody');
    alter table visit add column system_user text, add column loud text generated always as (upper(system_user)) stored;
    create function parse(json text) returns int language sql as 'select length($1)';
    create table log_2 partition of log for values from (10) to (20);
    insert into shop values (1, 'high', 1);
    insert into log values (1, 5), (2, 15);
    insert into heap values ('x');
    insert into item values (11, 'new', 'high', 'n', 1);
    insert into visit values (2, 'somebody')`)
  await expect(drift()).rejects.toMatchObject({ code: 'online.drift', party: 'source' })
  await expect(drift()).rejects.toThrow('column public.item.mood (added)')

  const shown = await syncSchema({ target: target.url, source: source.url })
  expect(shown.outcome).toBe('shown')
  expect(shown.byHand).toEqual([])
  expect(await target.query(`select to_regclass('shop') as shop`)).toEqual([{ shop: null }])

  const applied = await syncSchema({ target: target.url, source: source.url, mode: 'apply' })
  expect(applied.byHand).toEqual([])
  expect(applied.outcome).toBe('in step')
  await drift()
  const rows = `select (select json_agg(i order by id) from item i) as items, (select json_agg(s) from shop s) as shops,
    (select json_agg(l order by at) from log l) as logs, twice(2), parse('[1]'),
    (select json_agg(v order by id) from visit v) as visits, (select json_agg(a) from audit a) as audits`
  const expected = await source.query(rows)
  await until(async () => expect(await target.query(rows)).toEqual(expected))
  await source.query(`insert into shop values (2, 'low', 2); update log set at = 3 where day = 15`)
  const after = await source.query(rows)
  await until(async () => expect(await target.query(rows)).toEqual(after))

  // What nobody but a person can decide is named, and blocks until the other side is the same.
  await source.query(`alter table item alter column v type varchar(20); drop view moods`)
  const hard = await syncSchema({ target: target.url, source: source.url, mode: 'apply' })
  expect(hard.outcome).toBe('by hand')
  expect(hard.byHand.map(({ what }) => what).join()).toContain('item')
  await expect(drift()).rejects.toMatchObject({ code: 'online.drift' })
  await write(target, 'drop view moods; alter table item alter column v type varchar(20)')
  expect(await syncSchema({ target: target.url, source: source.url, mode: 'apply' })).toMatchObject({
    outcome: 'in step',
  })
  await drift()
  await online.abort({ source: source.url, target: target.url })
})
