import { chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDatabase } from '../../src/catalog/index.ts'
import { connect, parseConnection } from '../../src/connection/index.ts'
import type { Party } from '../../src/errors.ts'
import { migrate, plan, type MigrateOptions } from '../../src/index.ts'
import { createDatabase } from '../../src/migrate/database.ts'
import { type FreshDatabase, type OwnServer, databaseNamed, freshDatabase, startServer } from '../kit/index.ts'
import { expectWhole, fingerprint, expectRefusal, run } from './support.ts'

let old: OwnServer
let young: OwnServer
let source: FreshDatabase
beforeAll(async () => {
  old = await startServer({ major: 14 })
  young = await startServer({ major: 16, password: 'right' })
  source = await freshDatabase(old)
  await run(
    source.url,
    'create table t (id int primary key, note text); insert into t values (1, $$one$$), (2, $$two$$)',
  )
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
  await old[Symbol.asyncDispose]()
})

/** Both `migrate` and `plan` refuse, and neither has changed anything on the target. */
async function expectRefused(
  options: Omit<MigrateOptions, 'target'> & { target: string },
  expected: { code: string; party: Party; on: FreshDatabase },
): Promise<string> {
  const before = await fingerprint(expected.on.url)
  const { hint, message } = await expectRefusal(migrate(options), expected.code, expected.party)
  expect((await expectRefusal(plan(options), expected.code, expected.party)).message).toBe(message)
  expect(await fingerprint(expected.on.url)).toBe(before)
  return `${message} ${hint ?? ''}`
}

describe('a login', () => {
  test('with a wrong password is the fault of that side', async () => {
    await using target = await freshDatabase(young)
    const wrong = target.urlFor('postgres', 'wrong')
    const text = await expectRefused(
      { source: source.url, target: wrong },
      { code: 'connect.password', party: 'target', on: target },
    )
    expect(text).not.toContain('wrong')
    await expectRefused(
      { source: wrong, target: source.url },
      { code: 'connect.password', party: 'source', on: target },
    )
  })

  test('to a host that nobody knows, or without the TLS that is asked for, says so', async () => {
    await using target = await freshDatabase(young)
    const nowhere = 'postgres://postgres@host.invalid/app'
    const unknown = { code: 'connect.unknown-host', on: target } as const
    await expectRefused({ source: nowhere, target: target.url }, { ...unknown, party: 'source' })
    await expectRefused({ source: source.url, target: nowhere }, { ...unknown, party: 'target' })
    const secure = `${target.url}?sslmode=require`
    await expectRefused(
      { source: source.url, target: secure },
      { code: 'connect.tls-refused', party: 'target', on: target },
    )
  })

  test('to a database that is not there says how to make it', async () => {
    await using target = await freshDatabase(young)
    const gone = `${target.url}_gone`
    const text = await expectRefused(
      { source: source.url, target: gone },
      { code: 'connect.no-database', party: 'target', on: target },
    )
    expect(text).toContain('--create')
  })
})

describe('a pair', () => {
  test('of one and the same database, or of a newer and an older server, is refused', async () => {
    await using target = await freshDatabase(young)
    await expectRefused(
      { source: source.url, target: source.url },
      { code: 'target.is-source', party: 'usage', on: source },
    )
    await expectRefused(
      { source: target.url, target: source.url },
      { code: 'target.older', party: 'target', on: source },
    )
  })

  test('with a standby as its target is refused', async () => {
    await using standby = await startServer({ major: 16 })
    const { uid, gid } = await stat(standby.dataDir)
    await standby.stop()
    const signal = join(standby.dataDir, 'standby.signal')
    await writeFile(signal, '')
    await chown(signal, uid, gid)
    await standby.start()
    await expectRefusal(migrate({ source: source.url, target: standby.url() }), 'target.standby', 'target')
  })
})

describe('a target that lacks something is refused', () => {
  test('when roles are missing, with all of them, and takes other names or none for them', async () => {
    await using database = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await run(
      database.url,
      `create role r_owner; create role r_reader; create role r_policy; create role r_setting;
       create table t (id int primary key); insert into t values (7); alter table t owner to r_owner;
       grant select on t to r_reader; alter table t enable row level security; create policy p on t to r_policy using (true);
       do $$begin execute format('alter role r_setting in database %I set work_mem = 65536', current_database()); end$$`,
    )
    const ends = { source: database.url, target: target.url }
    const text = await expectRefused(ends, { code: 'target.missing-roles', party: 'target', on: target })
    expect(text).toContain('"r_owner", "r_policy", "r_reader", "r_setting"')
    for (const option of ['--role-map', '--no-owner', '--no-privileges']) expect(text).toContain(option)

    const without = { ...ends, owners: 'skip', privileges: 'skip' } as const
    const rest = await expectRefused(without, { code: 'target.missing-roles', party: 'target', on: target })
    expect(rest).toContain('role "r_policy"')
    expect(rest).not.toContain('r_owner')

    expectWhole(await migrate({ ...without, roleMap: { r_policy: 'postgres' } }))
    expect(
      await target.query('select id, (select tableowner from pg_tables where tablename = $1) from t', ['t']),
    ).toEqual([{ id: 7, tableowner: 'postgres' }])
    expect(await target.query('select polroles::regrole[]::text as roles from pg_policy')).toEqual([
      { roles: '{postgres}' },
    ])
    await run(
      database.url,
      'drop owned by r_owner, r_reader, r_policy, r_setting; drop role r_owner, r_reader, r_policy, r_setting',
    )
  })

  test('when an extension is missing', async () => {
    await using database = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await run(
      database.url,
      `set allow_system_table_mods = on;
       insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) values (99999, 'nowhere', 10, 2200, true, '1')`,
    )
    const text = await expectRefused(
      { source: database.url, target: target.url },
      { code: 'target.missing-extensions', party: 'target', on: target },
    )
    expect(text).toContain('"nowhere"')
  })

  test('when a tablespace is missing, unless tablespaces are not wanted', async () => {
    await using database = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await run(old.url(), `alter system set allow_in_place_tablespaces = on`)
    await run(old.url(), `select pg_reload_conf()`)
    await expect
      .poll(() => database.query('show allow_in_place_tablespaces'))
      .toEqual([{ allow_in_place_tablespaces: 'on' }])
    await database.query(`create tablespace fast location ''`)
    await run(database.url, 'create table t (id int) tablespace fast; create index on t (id) tablespace fast')
    const ends = { source: database.url, target: target.url }
    const text = await expectRefused(ends, { code: 'target.missing-tablespaces', party: 'target', on: target })
    expect(text).toContain('"fast"')
    expect(text).toContain('--no-tablespaces')
    expectWhole(await migrate({ ...ends, tablespaces: 'skip' }))
  })

  test('when --create finds no such locale, or may not make a database, and no database is left', async () => {
    await using session = await connect(parseConnection(source.url), { side: 'source', purpose: 'test' })
    const like = await readDatabase(session)
    const target = young.url('not_made')
    const make = createDatabase(parseConnection(target), { ...like, collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8' })
    expect((await expectRefusal(make, 'target.missing-locale', 'target')).message).toContain('xx_XX.UTF-8')

    await run(young.url(), `create role plain login password 'plain'`)
    const plain = young.url('not_made', 'plain', 'plain')
    await expectRefusal(
      migrate({ source: source.url, target: plain, create: 'create' }),
      'target.no-createdb',
      'target',
    )

    // Made, then found wanting: the run takes its database away again.
    await using database = await freshDatabase(old)
    await run(database.url, 'create role nowhere_else; create table t (id int); alter table t owner to nowhere_else')
    const call = migrate({ source: database.url, target, create: 'create' })
    await expectRefusal(call, 'target.missing-roles', 'target')
    await expectRefusal(migrate({ source: source.url, target }), 'connect.no-database', 'target')
    await run(database.url, 'drop owned by nowhere_else; drop role nowhere_else')
  })

  test('and goes on with a database that --create has just made when it was killed', async () => {
    await using target = databaseNamed(young, 'cut_short')
    await using session = await connect(parseConnection(source.url), { side: 'source', purpose: 'test' })
    await createDatabase(parseConnection(target.url), await readDatabase(session))
    expectWhole(await migrate({ source: source.url, target: target.url, create: 'create' }))
  })

  test('when --create names a database that is there', async () => {
    await using target = await freshDatabase(young)
    for (const touch of [`comment on database "${target.name}" is 'mine'`, 'create table mine (id int)']) {
      await run(target.url, touch)
      const before = await fingerprint(target.url)
      const call = migrate({ source: source.url, target: target.url, create: 'create' })
      await expectRefusal(call, 'target.database-exists', 'target')
      expect(await fingerprint(target.url)).toBe(before)
      await run(target.url, `comment on database "${target.name}" is null`)
    }
  })
})

describe('a target that is not empty', () => {
  test('is refused, and what it holds is named', async () => {
    await using target = await freshDatabase(young)
    await run(target.url, 'create table mine (id int); create function f() returns int language sql as $$select 1$$')
    const before = await fingerprint(target.url)
    const call = migrate({ source: source.url, target: target.url })
    const error = await expectRefusal(call, 'target.not-empty', 'target')
    expect(error.message).toContain('function public.f(), table public.mine')
    expect(error.hint).toContain('--into-non-empty')
    expect(await fingerprint(target.url)).toBe(before)
  })

  test('keeps its rows with --into-non-empty: what depends on a name that is taken is blocked and listed', async () => {
    await using database = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await run(
      database.url,
      `create table taken (id int primary key, note text); insert into taken values (1, 'source');
       create index taken_note on taken (note); create view over_taken as select * from taken;
       create table free (id int primary key, taken int references taken); insert into free values (1, 1);
       create sequence counter start 5; select nextval('counter'); create sequence fine start 9; select nextval('fine');
       select lo_from_bytea(90001, 'source'), lo_from_bytea(90002, 'source')`,
    )
    await run(
      target.url,
      `create table taken (id int, note text, more int); insert into taken values (9, 'mine', 3);
       create sequence counter start 100; select lo_from_bytea(90001, 'mine'); grant select on taken to public`,
    )
    const report = await migrate({ source: database.url, target: target.url, nonEmptyTarget: 'add' })
    expect(report.failures.map(({ label, sqlstate }) => `${label} ${sqlstate ?? ''}`).toSorted()).toEqual([
      'SEQUENCE public.counter 42P07',
      'TABLE public.taken 42P07',
      'copy 2 large objects from 90001 23505',
    ])
    const blocked = report.blocked.map(({ label }) => label)
    expect(blocked).toEqual(
      expect.arrayContaining([
        'copy public.taken',
        'VIEW public.over_taken',
        'index taken_note on public.taken',
        'foreign key free_taken_fkey on public.free',
      ]),
    )
    expect(report.verdict).toBe('DIFFERENT')
    expect(await target.query('select * from taken')).toEqual([{ id: 9, note: 'mine', more: 3 }])
    expect(await target.query('select last_value::int, is_called from counter')).toEqual([
      { last_value: 100, is_called: false },
    ])
    expect(await target.query('select last_value::int, is_called from fine')).toEqual([
      { last_value: 9, is_called: true },
    ])
    expect(await target.query(`select encode(lo_get(90001), 'escape') as bytes`)).toEqual([{ bytes: 'mine' }])
    expect(await target.query('select * from free')).toEqual([{ id: 1, taken: 1 }])
    expect(await target.query(`select relacl::text from pg_class where relname = 'taken'`)).toEqual([
      { relacl: '{postgres=arwdDxt/postgres,=r/postgres}' },
    ])
  })
})

test.each(['include', 'exclude', 'excludeData'] as const)(
  'a pattern of %s that matches nothing is refused',
  async (option) => {
    await using target = await freshDatabase(young)
    const options = { source: source.url, target: target.url, [option]: ['t', 'tt'] }
    expect(await expectRefused(options, { code: 'filter.unmatched', party: 'usage', on: target })).toContain('"tt"')
    const unreadable = { ...options, [option]: ['a.b.c'] }
    expect(await expectRefused(unreadable, { code: 'filter.pattern', party: 'usage', on: target })).toContain('"a.b.c"')
  },
)
