import { expect, test } from 'vitest'
import { migrate, resume, verify } from '../../src/index.ts'
import { databaseNamed, freshDatabase, freshRole, server } from '../kit/index.ts'
import { expectWhole, run } from './support.ts'

const LABELS = `insert into pg_shseclabel (objoid, classoid, provider, label)
  select oid, 'pg_database'::regclass, 'sepgsql', 'it''s' from pg_database where datname = current_database()`
const NO_LABELS = 'delete from pg_shseclabel'

/** What is set for a database, of all kinds. */
function properties(name: string, role: string): string {
  return `create table t (x int); insert into t values (1);
    comment on database ${name} is 'it''s'; alter database ${name} connection limit 77;
    alter database ${name} set work_mem = '8MB'; alter database ${name} set search_path = 'a', "B c";
    alter database ${name} set "app.secret" = 'hidden';
    alter role ${role} in database ${name} set jit = off; revoke all on database ${name} from public;
    grant connect on database ${name} to ${role} with grant option`
}

test('what is set for a database arrives and is compared, in a database that is made for it and in one that is there', async () => {
  const [old, young] = [await server(14), await server(17)]
  await using role = await freshRole(old)
  await using owner = await freshRole(old)
  await using sameRole = await freshRole(young, { name: role.name })
  await using sameOwner = await freshRole(young, { name: owner.name })
  await using source = await freshDatabase(old, { owner: owner.name })
  await run(source.url, properties(source.name, role.name))
  await using there = await freshDatabase(young)
  await using made = databaseNamed(young, `${source.name}_made`)
  expect([sameRole.name, sameOwner.name]).toEqual([role.name, owner.name])

  for (const target of [there, made]) {
    expectWhole(
      await migrate({ source: source.url, target: target.url, create: target === made ? 'create' : 'existing' }),
    )
    expect(await verify({ source: source.url, target: target.url })).toMatchObject({ verdict: 'SAME' })
  }
  expect(
    await made.query('select pg_get_userbyid(datdba) as owner from pg_database where datname = current_database()'),
  ).toEqual([{ owner: owner.name }])
  const differing = async (sql: string, nonEmptyTarget: 'refuse' | 'add' = 'refuse') => {
    await run(there.url, sql)
    const { verdict, objects } = await verify({ source: source.url, target: there.url, nonEmptyTarget })
    const odd = objects.filter((object) => object.verdict !== 'SAME')
    expect(verdict).toBe(odd.length === 0 ? 'SAME' : 'DIFFERENT')
    expect(JSON.stringify(odd)).not.toContain('hidden')
    return odd.map(({ kind, detail }) => `${kind}: ${detail ?? ''}`)
  }
  const name = there.name
  expect(
    await differing(`comment on database ${name} is 'other'; alter database ${name} connection limit -1;
      alter database ${name} set work_mem = '9MB'; alter database ${name} reset "app.secret";
      alter role ${role.name} in database ${name} reset jit; alter database ${name} set enable_sort = off;
      grant temporary on database ${name} to public; revoke grant option for connect on database ${name} from ${role.name}`),
  ).toEqual([
    'database comment: another one on the target',
    'database connection limit: missing on the target',
    'database setting work_mem: another one on the target',
    'database setting app.secret: missing on the target',
    `database setting jit of role ${role.name}: missing on the target`,
    `database grants: CONNECT to ${role.name} with grant option is missing; TEMPORARY to PUBLIC is not on the source`,
  ])
  expect(await differing('select 1', 'add')).toEqual([
    'database connection limit: missing on the target',
    'database setting app.secret: missing on the target',
    `database setting jit of role ${role.name}: missing on the target`,
    `database grants: CONNECT to ${role.name} with grant option is missing`,
  ])
})

test('what the target database has set itself stays, and is no difference to the run that has left it alone', async () => {
  const [old, young] = [await server(14), await server(17)]
  await using source = await freshDatabase(old)
  await run(source.url, `comment on database ${source.name} is 'theirs'; alter database ${source.name} set jit = off`)
  await using target = await freshDatabase(young)
  await target.query(`comment on database ${target.name} is 'ours'`)
  expectWhole(await migrate({ source: source.url, target: target.url }))
  const { objects } = await verify({ source: source.url, target: target.url })
  expect(objects.filter(({ verdict }) => verdict !== 'SAME')).toEqual([
    { object: target.name, kind: 'database comment', verdict: 'DIFFERENT', detail: 'another one on the target' },
  ])
})

test('a security label of the database is set where its provider is loaded, and is a failure and a difference elsewhere', async () => {
  const young = await server(17)
  await using source = await freshDatabase(await server(14))
  await run(source.url, `create table t (x int); ${LABELS}`)
  try {
    await using target = await freshDatabase(young)
    const label = `SECURITY LABEL FOR "sepgsql" ON DATABASE "${target.name}"`
    const report = await migrate({ source: source.url, target: target.url })
    expect(report.failures.map(({ label: what, message }) => [what, message])).toEqual([
      [label, expect.stringContaining('security label provider "sepgsql" is not loaded')],
    ])
    expect(report.differences).toEqual([
      {
        object: target.name,
        kind: 'database security label of sepgsql',
        verdict: 'DIFFERENT',
        detail: 'missing on the target',
      },
    ])
    // As if the provider had been there: no server of the tests has one.
    await run(target.url, LABELS)
    const again = await resume({ source: source.url, target: target.url })
    expect([again.failures.length, again.differences.length]).toEqual([1, 0])
    await run(target.url, 'drop schema pgleap cascade; drop table t')
    expectWhole(await migrate({ source: source.url, target: target.url }))
    await run(target.url, NO_LABELS)
  } finally {
    await run(source.url, NO_LABELS)
  }
})
