import { expect, test } from 'vitest'
import { migrate, type RunReport } from '../../src/index.ts'
import { databaseNamed, freshDatabase, queryOnce, server } from '../kit/index.ts'
import { expectRefusal, expectWhole, fingerprint, run } from './support.ts'

const found = (report: Pick<RunReport, 'notices'>) =>
  report.notices.filter(({ code }) => code.startsWith('check.')).map(({ code, message }) => `${code} ${message}`)

test('a run begins with a check: what blocks stops it before anything is made, unless it is skipped or left out', async () => {
  const young = await server(17)
  await using source = await freshDatabase(await server(13))
  await using target = await freshDatabase(young)
  // Postfix operators are gone since 14.
  await run(
    source.url,
    `create function fact(bigint) returns bigint language sql as 'select 1::bigint';
     create operator public.!!! (leftarg = bigint, procedure = fact);
     create table t (id int primary key); insert into t values (1);
     create table big (id int primary key, n smallint); create sequence nearly maxvalue 100; select setval('nearly', 99)`,
  )
  const ends = { source: source.url, target: target.url }
  const before = await fingerprint(target.url)
  const notices: string[] = []
  const refused = await expectRefusal(
    migrate({ ...ends, onEvent: (event) => event.type === 'notice' && notices.push(`${event.code} ${event.message}`) }),
    'check.blocked',
    'findings',
  )
  expect(refused.exitCode).toBe(5)
  expect(refused.message).toContain('O06')
  expect(refused.hint).toContain('--skip-check')
  expect(notices).toEqual([expect.stringMatching(/^check\.blocker O06: /u)])
  expect(await fingerprint(target.url)).toBe(before)

  await using made = databaseNamed(young, 'made_for_a_check')
  await expectRefusal(migrate({ source: source.url, target: made.url, create: 'create' }), 'check.blocked', 'findings')
  expect(await queryOnce(young.url(), `select from pg_database where datname = 'made_for_a_check'`)).toEqual([])

  await expectRefusal(migrate({ ...ends, skipChecks: ['O99'] }), 'usage.check-id', 'usage')
  const report = await migrate({ ...ends, skipChecks: ['O06'] })
  expect(found(report)).toEqual([
    expect.stringMatching(/^check\.finding O29: It stands at 99 of 100/u),
    'check.skipped Checks were left out as asked: O06.',
    expect.stringMatching(/^check\.summary check: 1 error/u),
  ])
  expect(report.options).toEqual({ skipChecks: ['O06'] })
  expect(report.failures.map(({ label }) => label)).toEqual(['OPERATOR public.!!!'])
})

test('what a filter leaves out stands in nobody’s way', async () => {
  await using source = await freshDatabase(await server(13))
  await using target = await freshDatabase(await server(17))
  await run(
    source.url,
    `create table gone (id int primary key, parts int[]);
     create view uses_catalog as select datlastsysoid from pg_database;
     create table kept (id int primary key); insert into kept values (1)`,
  )
  const ends = { source: source.url, target: target.url }
  await expectRefusal(migrate(ends), 'check.blocked', 'findings')
  const report = await migrate({ ...ends, exclude: ['uses_catalog', 'gone'] })
  expectWhole(report)
  expect(report.phases.map(({ phase }) => phase)).toEqual([
    'connect',
    'check',
    'schema',
    'plan',
    'run',
    'verify',
    'finish',
  ])
})

test('a source that is closed to writers, as the guide advises, is migrated, and the target is open', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await run(source.url, 'create table t (id int primary key); insert into t values (1)')
  await source.query(`alter database ${source.name} set work_mem = '5MB'`)
  await source.query(`alter database ${source.name} set default_transaction_read_only = on`)
  const report = await migrate({ source: source.url, target: target.url })
  expectWhole(report)
  expect(found(report)).toEqual([])
  expect(report.notices).toContainEqual(expect.objectContaining({ level: 'info', code: 'source.closed' }))
  await queryOnce(target.url, 'insert into t values (2)')
  expect(await queryOnce(target.url, 'show work_mem')).toEqual([{ work_mem: '5MB' }])
})
