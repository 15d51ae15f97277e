import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { end, online, start } from '../../src/online/index.ts'
import { onlinePlanText, plain, type Event } from '../../src/report/index.ts'
import { freshDatabase, startServer, type FreshDatabase, type OwnServer } from '../kit/index.ts'
import { until } from './until.ts'

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 14 })
  young = await startServer({ major: 17 })
})
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

const SCHEMA = `
create schema "s p";
create table keyed (id int primary key, t text);
create table referring (keyed int references keyed, note text);
create table "s p"."Unique" (code text not null unique, n int);
create table heap (a int, b text);
create table jsonly (j json);
create table nothing (id int primary key, v int);
alter table nothing replica identity nothing;
create table made (id int primary key, x int, y int generated always as (x * 2) stored);
create table numbered (id int generated always as identity primary key, v text);
create unlogged table scratch (id int primary key);
create table parts (id int, at date, primary key (id, at)) partition by range (at);
create table parts_1 partition of parts for values from ('2020-01-01') to ('2021-01-01');
create table parts_2 partition of parts for values from ('2021-01-01') to ('2022-01-01');
create table parent (id int primary key);
create table child (extra text, primary key (id)) inherits (parent);
create materialized view summary as select count(*) as n from keyed;
insert into keyed select i, 'row ' || i from generate_series(1, 100) i;
insert into referring select i, 'note' from generate_series(1, 10) i;
insert into "s p"."Unique" values ('a', 1), ('b', 2);
insert into heap values (1, 'x'), (1, 'x');
insert into jsonly values ('{"a": 1}');
insert into nothing values (1, 1);
insert into made values (1, 1);
insert into numbered (v) values ('one');
insert into scratch values (1);
insert into parts values (1, '2020-05-05'), (2, '2021-05-05');
insert into parent values (1);
insert into child values (2, 'c')`

const PLANNED = [
  'public.child streamed',
  'public.heap paused',
  'public.jsonly paused',
  'public.keyed streamed',
  'public.made streamed',
  'public.nothing streamed ALTER TABLE "public"."nothing" REPLICA IDENTITY DEFAULT;',
  'public.numbered streamed',
  'public.parent streamed',
  'public.parts_1 streamed',
  'public.parts_2 streamed',
  'public.referring paused',
  'public.scratch paused',
  's p.Unique streamed ALTER TABLE "s p"."Unique" REPLICA IDENTITY USING INDEX "Unique_code_key";',
]

describe('start', { timeout: 120_000 }, () => {
  test('publishes what can be found again, copies the rest in the pause, and leaves nothing after an abort', async () => {
    const source = await freshDatabase(old)
    const target = await freshDatabase(young)
    await source.query(SCHEMA)
    const before = await identities(source)
    const plan = await online.plan({ source: source.url, target: target.url })
    expect(plan.tables.map(({ table, rule, change = '' }) => `${table} ${rule} ${change}`.trim())).toEqual(PLANNED)
    expect(plan.others.map(({ what }) => what)).toEqual([
      'public.summary',
      'generated columns',
      'sequences',
      'large objects',
      'partitions',
      'TRUNCATE',
      'changes of the schema',
    ])
    expect(onlinePlanText(plan, plain)).toMatch(/public\.jsonly +paused/u)
    expect(await leftOn(source)).toEqual([])
    const events: Event[] = []
    const record = await start({
      source: source.url,
      target: target.url,
      onEvent: (event) => events.push(event),
    })
    const rules = Object.fromEntries(
      record.tables.map(({ schema, name, rule, identity }) => [`${schema}.${name}`, `${rule} ${identity}`]),
    )
    expect(rules).toEqual({
      'public.keyed': 'streamed key',
      'public.referring': 'paused none',
      's p.Unique': 'streamed index',
      'public.heap': 'paused none',
      'public.jsonly': 'paused none',
      'public.nothing': 'streamed key',
      'public.made': 'streamed key',
      'public.numbered': 'streamed key',
      'public.scratch': 'paused none',
      'public.parts_1': 'streamed key',
      'public.parts_2': 'streamed key',
      'public.parent': 'streamed key',
      'public.child': 'streamed key',
    })
    expect(events.flatMap((event) => (event.type === 'notice' ? [event.code] : []))).toEqual(['target.public-create'])

    await source.query(`
      update keyed set t = 'new' where id = 1; delete from keyed where id = 100;
      update "s p"."Unique" set n = 3 where code = 'a';
      delete from nothing; update made set x = 5; update numbered set v = 'two';
      update parts set at = '2020-06-06' where id = 1; update parts set at = '2020-07-07' where id = 2;
      update parent set id = id + 10; update heap set a = 2; delete from jsonly`)
    const probe = `select (select string_agg(t, ',') from keyed where id in (1, 100)) as keyed,
      (select n from "s p"."Unique" where code = 'a') as uniq, (select count(*)::int from nothing) as nothing,
      (select y from made) as made, (select v from numbered) as numbered, (select count(*)::int from parts_1) as parts,
      (select string_agg(id::text, ',' order by id) from parent) as parents`
    const expected = (await source.query(probe))[0]
    await until(async () => expect((await target.query(probe))[0]).toEqual(expected))

    // A TRUNCATE that takes a table along which is not streamed would be refused on the target.
    await source.query(`truncate keyed cascade; insert into keyed values (7, 'after')`)
    await until(async () =>
      expect(await target.query('select id, (select count(*)::int from referring) n from keyed')).toEqual([
        { id: 7, n: 0 },
      ]),
    )

    // The rules hold in both directions.
    await online.cutover({ source: source.url, target: target.url })
    await target.query(`update heap set b = 'new'; truncate keyed cascade; update "s p"."Unique" set n = 9`)
    await online.rollback({ source: source.url, target: target.url })
    expect(
      await source.query(
        `select (select max(b) from heap) b, (select count(*)::int from keyed) k, (select min(n) from "s p"."Unique") n`,
      ),
    ).toEqual([{ b: 'new', k: 0, n: 9 }])

    await end('source', { source: source.url, target: target.url })
    expect(await identities(source)).toEqual(before)
    expect(await leftOn(source)).toEqual([])
    expect(await leftOn(target)).toEqual([])
  })
})

async function identities(database: FreshDatabase) {
  return database.query(
    `select relname, relreplident from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1`,
  )
}

async function leftOn(database: FreshDatabase) {
  return database.query(`select 'slot ' || slot_name as what from pg_replication_slots
    union all select 'publication ' || pubname from pg_publication
    union all select 'subscription ' || subname from pg_subscription
    union all select 'origin ' || roname from pg_replication_origin
    union all select 'schema ' || nspname from pg_namespace where nspname like 'pgleap%'`)
}
