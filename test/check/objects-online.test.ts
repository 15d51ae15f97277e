import { describe, expect, test } from 'vitest'
import { freshDatabase, freshRole, server } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const IDS = ['O21', 'O22', 'O23', 'O24', 'O25', 'O26', 'O29', 'O30', 'O31', 'O32', 'O33', 'O38']

const FINE = `
  create table parent (id bigserial primary key, t text);
  create table child (id int generated always as identity primary key, parent bigint references parent);
  create function noted() returns trigger language plpgsql as $$ begin return null; end $$;
  create trigger noted after update on child for each row execute function noted();
  create type mood as enum ('good', 'bad');
  create domain positive as int check (value > 0);
  create text search dictionary english_too (template = snowball, language = 'english', stopwords = 'english');
  create publication everything for all tables;
`

/** One of each that concerns this family; each statement provokes the check named before it. */
const TROUBLE = `
  -- O21
  create trigger always after update on parent for each row execute function noted();
  alter table parent enable always trigger always;
  create trigger only_there after truncate on parent for each statement execute function noted();
  alter table parent enable replica trigger only_there;
  create trigger statement after insert on parent for each statement execute function noted();
  alter table parent enable always trigger statement;
  -- O22
  alter table child add k int, add constraint child_k unique (k) deferrable;
  -- O23
  create unlogged table cache (parent bigint references parent);
  create table notes (j json, parent bigint constraint notes_parent references parent);
  -- O24
  create foreign data wrapper nowhere;
  create server elsewhere foreign data wrapper nowhere;
  create table events (at timestamptz) partition by range (at);
  create foreign table events_old partition of events for values from ('2001-01-01') to ('2001-02-01') server elsewhere;
  -- O26
  create table old_style () inherits (parent);
  -- O29
  create sequence nearly as int maxvalue 1000;
  select setval('nearly', 900);
  create sequence round maxvalue 1000 cycle;
  select setval('round', 900);
  create sequence downwards increment -1 minvalue -1000;
  select setval('downwards', -990);
  create table narrow (id int primary key);
  create sequence feeds owned by narrow.id;
  select setval('feeds', 2000000000);
  -- O30
  create function watch() returns event_trigger language plpgsql as $$ begin end $$;
  create event trigger watcher on ddl_command_end when tag in ('CREATE VIEW') execute function watch();
  create event trigger asleep on sql_drop execute function watch();
  alter event trigger asleep disable;
  -- O31
  create operator family mine using btree;
  create cast (int4 as positive) with inout;
  create cast (mood as bigint) with inout as assignment;
  create type base;
  -- O33
  insert into pg_seclabel (objoid, classoid, objsubid, provider, label)
  select 'child'::regclass, 'pg_class'::regclass, 0, 'anon', 'MASKED';
  -- O38
  create access method other type table handler heap_tableam_handler;
  create table strange (id int primary key) using other;
  create access method engine type table handler heap_tableam_handler;
  create table stranger (id int primary key) using engine;
  alter extension plpgsql add access method engine;
  update pg_extension set extname = 'tables_of_theirs' where extname = 'plpgsql';
`

describe('objects that matter while changes are replicated, or that need powers', () => {
  test.each([13, 18] as const)('on %s, each is found, and an ordinary schema has none', async (major) => {
    const to = await server(18)
    await using plain = await freshRole(to)
    await using source = await freshDatabase(await server(major))
    await using target = await freshDatabase(to)
    await source.query(FINE.replace("language = 'english', stopwords = 'english'", "language = 'english'"))
    for (const id of IDS) await (id === 'O32' && major < 15 ? undefined : passes(id, { source, target }))
    const partitions = await source.query<{ sql: string }>(`
      select format('create table events_%s partition of events for values from (%L) to (%L)', at, now() + (at || ' days')::interval, now() + (at + 4 || ' days')::interval) as sql
        from unnest(array[0, 4]) at`)
    await source.query(TROUBLE.replace(/.*create type base;\n/, ''))
    for (const { sql } of partitions) await source.query(sql)

    const superuser = { source, target: target.url }
    const ordinary = { source, target: target.urlFor(plain.name) }
    const objects = async (id: string, where = superuser) => (await findings(id, where)).map(({ object }) => object)
    expect(await objects('O21')).toEqual(['trigger always on public.parent', 'trigger only_there on public.parent'])
    expect(await objects('O22')).toEqual(['constraint child_k on public.child'])
    expect(await objects('O23')).toEqual([
      'foreign key cache_parent_fkey on public.cache',
      'foreign key notes_parent on public.notes',
    ])
    expect(await objects('O24')).toEqual(['public.events_old'])
    expect(await findings('O25', superuser)).toMatchObject([
      {
        object: 'public.events',
        message: expect.stringMatching(/The last of its 3 partitions ends on .*rows after that fail/),
      },
    ])
    expect(await objects('O26')).toEqual(['public.parent'])
    expect((await findings('O29', superuser)).map(({ object, severity }) => [object, severity])).toEqual([
      ['sequence public.downwards', 'error'],
      ['sequence public.feeds', 'warning'],
      ['sequence public.nearly', 'warning'],
    ])
    expect(await findings('O30', superuser)).toMatchObject([{ object: 'event trigger watcher', severity: 'info' }])
    expect(await findings('O30', ordinary)).toMatchObject([{ object: 'event trigger watcher', severity: 'warning' }])
    await passes('O31', superuser)
    expect(await objects('O31', ordinary)).toEqual(['access method other', 'operator family public.mine'])
    expect(await objects('O33')).toEqual(['security label provider anon'])
    expect(await findings('O38', superuser)).toMatchObject([{ object: 'access method engine', severity: 'error' }])
    expect(await findings('O38', { source })).toMatchObject([{ severity: 'warning' }])

    for (const id of ['O21', 'O30']) {
      const some = await findings(id, superuser)
      await apply(some, { source })
      await passes(id, superuser)
      await apply(some, { source }, 'undo')
    }
    expect(await objects('O30')).toEqual(['event trigger watcher'])
    expect(await objects('O21')).toHaveLength(2)
    await target.query('create access method engine type table handler heap_tableam_handler')
    await passes('O38', superuser)
  })

  test('what the source cannot show us of its sequences is said', async () => {
    const on = await server(16)
    await using plain = await freshRole(on)
    await using source = await freshDatabase(on)
    await source.query('create sequence hidden')
    expect(await findings('O29', { source: source.urlFor(plain.name) })).toMatchObject([
      { message: expect.stringContaining('may not read 1 sequence: public.hidden') },
    ])
  })

  test('dictionaries that read files are named', async () => {
    await using source = await freshDatabase(await server(17))
    await source.query('create text search dictionary s (template = synonym, synonyms = synonym_sample)')
    expect(await findings('O31', { source })).toMatchObject([
      {
        object: 'text search dictionary public.s',
        severity: 'error',
        message: expect.stringContaining('synonym_sample'),
      },
    ])
  })

  test('from 15 on, publications that filter are named', async () => {
    await using older = await freshDatabase(await server(14))
    expect(await found('O32', { source: older })).toMatchObject({ status: 'skipped' })
    await using source = await freshDatabase(await server(15))
    await source.query('create table t (a int primary key, b int); create publication whole for table t')
    await passes('O32', { source })
    await source.query('create publication part for table t where (a > 1); create publication narrow for table t (a)')
    expect((await findings('O32', { source })).map(({ object }) => object)).toEqual([
      'publication narrow',
      'publication part',
    ])
  })

  test('from 14 on, lz4 needs a target that was built with it', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await source.query('create table t (a int, b text)')
    await passes('O39', { source, target })
    // The servers of the tests are built without lz4; this is what a server that has it would hold.
    await source.query(`update pg_attribute set attcompression = 'l' where attrelid = 't'::regclass and attname = 'b'`)
    expect(await findings('O39', { source, target })).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('public.t.b') },
    ])
  })
})

test('what is on the target already has to fit the source', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(18))
  const both = { source, target }
  await source.query(`
    create table t (a int primary key, b text, c int); create type mood as enum ('good', 'bad');
    create domain size as int; create table only_here (a int)`)
  for (const id of ['O27', 'O28']) {
    expect(await found(id, { source })).toMatchObject({ status: 'skipped' })
    await passes(id, both)
  }
  await target.query(`
    create table t (c int, b text, a int primary key, more int not null default 1);
    create type mood as enum ('good', 'bad'); create domain size as int; create table only_there (a int)`)
  for (const id of ['O27', 'O28']) await passes(id, both)
  await target.query(`
    alter table t alter b set not null, alter c type bigint, add d int not null;
    alter type mood add value 'fair' before 'bad'; drop domain size; create domain size as bigint`)
  expect(await findings('O27', both)).toMatchObject([
    {
      object: 'public.t',
      message: expect.stringContaining(
        'b is NOT NULL, c is bigint, not integer, column d is NOT NULL, has no default, and is not on the source',
      ),
    },
  ])
  expect((await findings('O28', both)).map(({ object, severity }) => [object, severity])).toEqual([
    ['enum public.mood', 'warning'],
    ['domain public.size', 'error'],
  ])
  await source.query(`alter type mood add value 'fine'`)
  expect(await findings('O28', both)).toMatchObject([
    { severity: 'error', message: expect.stringContaining('the labels fine are missing') },
    {},
  ])
})
