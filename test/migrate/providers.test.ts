import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate, plan, resume, verify, type Event, type RunReport, type VerifyOptions } from '../../src/index.ts'
import { freshDatabase, imitate, queryOnce, server } from '../kit/index.ts'
import { demo, expectRefusal, expectWhole, run } from './support.ts'

/** What the services' rules have left out, as a user is told. */
function told({ notices }: Pick<RunReport, 'notices'>): Record<string, string> {
  const ours = notices.filter(({ code }) => code.startsWith('provider.'))
  expect(new Set(ours.map(({ code }) => code)).size).toBe(ours.length)
  return Object.fromEntries(ours.map(({ code, message }) => [code, message]))
}

/** What `verify` says with the options of a migration that went well: the same as that. Returns what it does not look at. */
async function expectSame(options: VerifyOptions): Promise<string[]> {
  const events: Event[] = []
  const report = await verify({ ...options, onEvent: (event) => events.push(event) })
  expect(report.objects.filter((found) => found.verdict !== 'SAME')).toEqual([])
  expect(report.verdict).toBe('SAME')
  return events.flatMap((event) =>
    event.type === 'notice' && event.code === 'verify.passed-over' ? [event.message] : [],
  )
}

const ROLES = 'shop_owner, shop_sales, shop_stock, shop_auditor, "Shop ""Reader"""'
const EXTENSIONS = 'hstore,citext,pg_trgm,btree_gist,btree_gin,ltree,cube,uuid-ossp,pgcrypto,unaccent,intarray,lo'

test('the demo moves from Azure Single to Azure Flexible without one error, once its extensions are allowed', async () => {
  await using old = await imitate('azure-single', 13)
  await using young = await imitate('azure-flexible', 17)
  for (const end of [old, young]) {
    await run(end.adminUrl, demo('roles'))
    await run(end.adminUrl, `grant ${ROLES} to server_admin`)
    await queryOnce(end.adminUrl, 'create database shop')
  }
  const ends = { source: old.urlFor('shop'), target: young.urlFor('shop') }
  await run(ends.source, demo('demo'))
  await run(
    ends.source,
    `alter table shop.audit_log no force row level security;
     create table public.theirs (x int); insert into public.theirs values (1);
     create table public.ours (x int); grant select on public.ours to azure_pg_admin, azure_superuser, shop_auditor;
     alter table public.theirs owner to azure_pg_admin`,
  )

  const refused = await expectRefusal(migrate(ends), 'check.blocked', 'findings')
  expect(refused.message).toContain('X03 extension citext')
  await queryOnce(young.server.url('shop'), `alter database shop set "azure.extensions" = '${EXTENSIONS}'`)

  const report = await migrate(ends)
  expectWhole(report)
  expect(told(report)).toEqual({
    'provider.not-allowed': expect.stringContaining('cast CAST (text AS shop.dimensions)'),
    'provider.grants': expect.stringContaining(
      "1 grants to the service's own roles stay behind, which the target does not have: azure_superuser.",
    ),
    'provider.system-grants': expect.stringContaining('azure_pg_admin'),
    'provider.owners': expect.stringContaining('azure_pg_admin on the source'),
  })
  expect(
    await queryOnce(
      ends.target,
      `select (select tableowner from pg_tables where tablename = 'theirs') as owner, relacl::text as acl from pg_class where relname = 'ours'`,
    ),
  ).toEqual([{ owner: 'server_admin', acl: expect.stringContaining('shop_auditor=r/') }])

  const [unseen] = await expectSame(ends)
  expect(unseen).toMatch(/Azure.*cast CAST \(text AS shop\.dimensions\); .*grants to azure_superuser/u)
  const blind = await verify({ ...ends, sourceProvider: 'self-managed', targetProvider: 'self-managed' })
  expect(blind.verdict).toBe('DIFFERENT')
  // What was changed since is a difference, also by the rules.
  await run(ends.target, 'revoke select on public.ours from shop_auditor; insert into public.theirs values (2)')
  const changed = await verify(ends)
  const differing = changed.objects.filter((found) => found.verdict !== 'SAME')
  expect(differing.map(({ object, kind }) => `${kind} ${object}`)).toEqual([
    'table public.theirs',
    'grants public.TABLE ours',
  ])
})

test('a comparison right after a migration at Aptible says what the migration said', async () => {
  await using old = await imitate('aptible', 13)
  await using young = await imitate('aptible', 17)
  const ends = { source: old.adminUrl, target: young.adminUrl }
  for (const end of [old, young]) await run(end.adminUrl, 'create role app')
  await run(
    ends.source,
    `create table t (id int primary key, note text); insert into t values (1, 'one'); alter table t owner to app;
     create table logs (id serial, line text); insert into logs (line) values ('one'), ('two');
     create table scratch (x int); insert into scratch values (1);
     create table theirs (x int); insert into theirs values (1); alter table theirs owner to postgres;
     grant usage on schema public to app; grant select on t to postgres`,
  )
  const options = { ...ends, exclude: ['scratch'], excludeData: ['logs'] }
  expectWhole(await migrate(options))
  await expectSame(options)
  const all = await verify(ends)
  expect(all.objects.flatMap(({ object, kind, verdict }) => (verdict === 'SAME' ? [] : [`${kind} ${object}`]))).toEqual(
    expect.arrayContaining(['table public.logs', 'table public.scratch']),
  )
})

test('RDS to RDS leaves to the service what is its own', async () => {
  await using old = await imitate('rds', 15)
  await using young = await imitate('rds', 17)
  for (const end of [old, young]) {
    await run(end.adminUrl, 'create role app; grant app to master_user')
    await queryOnce(end.adminUrl, 'create database app')
  }
  const ends = { source: old.urlFor('app'), target: young.urlFor('app') }
  await run(
    ends.source,
    `create extension pg_trgm; create table t (id int primary key, x text); insert into t select n, n::text from generate_series(1, 100) n;
     grant create on schema public to app, rds_superuser;
     grant select on t to rds_superuser, app; alter table t owner to app; create table s (x int) tablespace rds_temp_tablespace;
     alter table s owner to rds_superuser; alter default privileges for role rds_superuser grant select on tables to app;
     create publication mine for table t`,
  )
  const planned = told(await plan(ends))
  const report = await migrate(ends)
  expectWhole(report)
  expect(told(report)).toEqual(planned)
  await expectSame(ends)
  expect(told(report)).toEqual({
    'provider.default-privileges': expect.stringContaining('default acl'),
    'provider.owners': expect.stringContaining('rds_superuser'),
    'provider.tablespaces': expect.stringContaining('rds_temp_tablespace'),
  })
})

test("Supabase to a server of one's own leaves the service behind, and goes on once what is needed of it is there", async () => {
  await using old = await imitate('supabase', 15)
  await using young = await imitate('plain', 17)
  await queryOnce(young.adminUrl, 'create database app')
  const ends = { source: old.adminUrl, target: young.urlFor('app') }
  await run(old.superuserUrl, `insert into auth.users values ('00000000-0000-0000-0000-000000000001', 'a@b.c')`)
  await run(
    ends.source,
    `create extension pgcrypto schema extensions;
     create table public.profiles (id uuid primary key references auth.users, token text default extensions.gen_salt('md5'));
     insert into public.profiles values ('00000000-0000-0000-0000-000000000001', 'secret');
     create table public.notes (id int primary key, text text); insert into public.notes values (1, 'one');
     alter table public.notes enable row level security;
     create policy own on public.notes to authenticated using (auth.uid() is not null);
     create policy everybody on public.notes using (true);
     alter publication supabase_realtime add table public.notes`,
  )
  const broken = await migrate(ends)
  expect(broken.failures.map(({ label }) => label)).toEqual(['foreign key profiles_id_fkey on public.profiles'])
  expect(told(broken)).toEqual({
    'provider.schemas': expect.stringMatching(/with 2 tables: .*auth, extensions, .*storage/),
    'provider.objects': expect.stringContaining('event trigger pgrst_ddl_watch'),
    'provider.needed': expect.stringContaining('FK CONSTRAINT public.profiles profiles_id_fkey'),
    'provider.policies': expect.stringContaining('policy public.notes own'),
    'provider.grants': expect.stringContaining('anon, authenticated, service_role'),
    'provider.owners': expect.stringContaining('"plain_admin"'),
  })

  // The same rules hold where the run goes on, though nobody names them again.
  await run(
    ends.target,
    `create schema auth; create table auth.users (id uuid primary key, email text unique);
     insert into auth.users values ('00000000-0000-0000-0000-000000000001', 'a@b.c')`,
  )
  expectWhole(await resume({ source: ends.source, target: ends.target }))
  expect(await expectSame(ends)).toEqual([expect.stringMatching(/schemas .*auth, .*event trigger pgrst_ddl_watch/u)])
  expect(await queryOnce(ends.target, `select policyname from pg_policies`)).toEqual([{ policyname: 'everybody' }])
})

test('a plain administrator moves a database to one of his like', async () => {
  await using old = await imitate('plain', 13)
  await using young = await imitate('plain', 16)
  for (const end of [old, young]) {
    await run(end.adminUrl, 'create role app; grant app to plain_admin')
    await queryOnce(end.adminUrl, 'create database app')
  }
  const ends = { source: old.urlFor('app'), target: young.urlFor('app') }
  await run(ends.source, 'create table t (id int primary key); insert into t values (1); alter table t owner to app')
  // Before 15 the schema public belongs to the first superuser, and an administrator can give him nothing.
  const ours = await migrate({ ...ends, roleMap: { postgres: 'plain_admin' } })
  expectWhole(ours)
  expect(told(ours)).toEqual({})
  expect(await expectSame({ ...ends, roleMap: { postgres: 'plain_admin' } })).toEqual([])
  expect(await verify({ ...ends, owners: 'skip' })).toMatchObject({ verdict: 'SAME' })
  expect(await verify(ends)).toMatchObject({ verdict: 'DIFFERENT' })
})

test('a provider that the user names comes before what is recognised, and only the run that began with it goes on', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  await run(
    source.url,
    `create schema acme_audit; create table acme_audit.log (x int); create table t (id int primary key); insert into t values (1)`,
  )
  const file = join(tmpdir(), `pgleap-provider-${String(process.pid)}.yml`)
  await writeFile(file, 'id: acme\nreserved: { schemas: [acme_audit] }\n')
  const report = await migrate({ source: source.url, target: target.url, sourceProvider: file })
  expectWhole(report)
  expect(await expectSame({ source: source.url, target: target.url, sourceProvider: file })).toEqual([
    'Not compared, as a migration leaves it behind by the rules of acme and self-managed PostgreSQL: schemas acme_audit.',
  ])
  expect(told(report)).toEqual({ 'provider.schemas': 'Schemas of acme stay behind, with 1 tables: acme_audit.' })
  expect(await target.query(`select to_regclass('acme_audit.log') as log`)).toEqual([{ log: null }])
  await expectRefusal(
    migrate({ source: source.url, target: target.url, targetProvider: 'acme' }),
    'usage.provider',
    'usage',
  )
})
