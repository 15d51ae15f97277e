import { describe, expect, test } from 'vitest'
import { migrate, type RunReport, verify } from '../../src/index.ts'
import { type FreshDatabase, type Major, freshDatabase, queryOnce, server } from '../kit/index.ts'
import { expectWhole, run } from './support.ts'

const mayCreate = async (database: FreshDatabase): Promise<unknown> =>
  (
    await database.query(
      `select has_schema_privilege('public', 'public', 'create') as yes, has_schema_privilege('public', 'public', 'usage') as used`,
    )
  )[0]

const notices = ({ notices }: RunReport) => notices.filter(({ code }) => code === 'target.public-create')

describe('a subscription of a server before 16', () => {
  const CONNECTION = `host=192.0.2.1 application_name='x\\', run_as_owner = true); --'`

  test.each([
    [14, 14],
    [14, 15],
    [14, 16],
  ] as const)('arrives from %i on %i, which may not know run_as_owner', async (from, to) => {
    await using source = await freshDatabase(await server(from))
    await using target = await freshDatabase(await server(to))
    try {
      await source.query(
        `create subscription far connection '${CONNECTION.replaceAll("'", "''")}' publication "a, run_as_owner = true);", b
         with (connect = false, slot_name = none, enabled = false, synchronous_commit = local)`,
      )
      expectWhole(await migrate({ source: source.url, target: target.url }))
      const wanted = { conninfo: CONNECTION, synchronous: 'local', publications: ['a, run_as_owner = true);', 'b'] }
      const kept = `select subconninfo as conninfo, subsynccommit as synchronous, subpublications as publications from pg_subscription
        where subdbid = (select oid from pg_database where datname = current_database())`
      expect(await target.query(kept)).toEqual([wanted])
    } finally {
      for (const end of [source, target]) await end.query('drop subscription if exists far')
    }
  })
})

describe('schema public', () => {
  const PAIRS: [Major, Major][] = [
    [13, 14],
    [14, 14],
    [14, 17],
  ]

  test.each(PAIRS)('from which everybody may not create stays so, from %i to %i', async (from, to) => {
    await using source = await freshDatabase(await server(from))
    await using target = await freshDatabase(await server(to))
    await run(source.url, 'create table t (id int); revoke create on schema public from public')
    const report = await migrate({ source: source.url, target: target.url })
    expectWhole(report)
    expect(notices(report)).toEqual([])
    expect(await mayCreate(target)).toEqual({ yes: false, used: true })
  })

  test.each(PAIRS)(
    'where everybody may create arrives as it is, and 15 and newer say so, from %i to %i',
    async (from, to) => {
      await using source = await freshDatabase(await server(from))
      await using target = await freshDatabase(await server(to))
      await run(source.url, 'create table t (id int)')
      const report = await migrate({ source: source.url, target: target.url })
      expectWhole(report)
      expect(notices(report).map(({ level }) => level)).toEqual(to >= 15 ? ['info'] : [])
      expect(await mayCreate(target)).toEqual({ yes: true, used: true })
    },
  )

  test('whose grants are all revoked, or given to one role, is the same on 14', async () => {
    const major = await server(14)
    for (const grants of [
      'revoke all on schema public from public',
      'revoke create on schema public from public; grant create on schema public to pg_monitor',
    ]) {
      await using source = await freshDatabase(major)
      await using target = await freshDatabase(major)
      await run(source.url, grants)
      expectWhole(await migrate({ source: source.url, target: target.url }))
      const acl = `select nspacl::text as acl from pg_namespace where nspname = 'public'`
      expect(await target.query(acl)).toEqual(await source.query(acl))
    }
  })

  test('keeps the grants of a target that holds objects already, or where grants are not wanted', async () => {
    const major = await server(14)
    await using source = await freshDatabase(major)
    await using target = await freshDatabase(major)
    await using other = await freshDatabase(major)
    await run(
      source.url,
      `create table t (id int); revoke create on schema public from public; comment on schema public is 'theirs';
       alter schema public owner to pg_monitor; grant all on schema public to pg_read_all_stats`,
    )
    await run(other.url, `create table mine (id int); comment on schema public is 'mine'`)
    const state = `select nspacl, nspowner, obj_description(oid) from pg_namespace where nspname = 'public'`
    const before = await other.query(state)
    expectWhole(await migrate({ source: source.url, target: target.url, privileges: 'skip' }))
    expectWhole(await migrate({ source: source.url, target: other.url, nonEmptyTarget: 'add' }))
    expect(await other.query(state)).toEqual(before)
    for (const one of [target, other]) expect(await mayCreate(one)).toEqual({ yes: true, used: true })
  })
})

test('names that are keywords to the target alone arrive as names', async () => {
  await using source = await freshDatabase(await server(14))
  await run(
    source.url,
    `create table audit (id int primary key, system_user text constraint named check (system_user <> ''));
     insert into audit values (1, 'one');
     create index by_user on audit (lower(system_user));
     create function takes(json json) returns int language sql as 'select 1';
     create view by_name as select takes(json => '1') as taken, a.system_user from audit a;
     comment on table audit is 'kept'; grant select on audit to public`,
  )
  for (const major of [17, 18] as const) {
    await using target = await freshDatabase(await server(major))
    const ends = { source: source.url, target: target.url }
    const report = await migrate(ends)
    expectWhole(report)
    expect(report.notices.filter(({ code }) => code === 'check.finding' || code === 'check.blocker')).toEqual([])
    expect((await verify(ends)).verdict).toBe('SAME')
    // The check is about the column, and not about who is logged in.
    await expect(queryOnce(target.url, `insert into audit values (2, '')`)).rejects.toMatchObject({ code: '23514' })
    expect(await queryOnce(target.url, 'select taken, "system_user" from by_name')).toEqual([
      { taken: 1, system_user: 'one' },
    ])
  }
})
