import { expect, test } from 'vitest'
import { dump } from '../../../src/files/index.ts'
import { restore } from '../../../src/files/restore/index.ts'
import { freshDatabase, imitate, queryOnce, server } from '../../kit/index.ts'
import { demo, run } from '../../migrate/support.ts'
import { pgDump, scratch, stockPgDump } from './support.ts'

const EXTENSIONS = 'hstore,citext,pg_trgm,btree_gist,btree_gin,ltree,cube,uuid-ossp,pgcrypto,unaccent,intarray,lo'

test('the demo goes through files from Azure Single to Azure Flexible without one error', async () => {
  await using old = await imitate('azure-single', 13)
  await using young = await imitate('azure-flexible', 17)
  await using folder = await scratch()
  for (const end of [old, young]) {
    await run(end.adminUrl, demo('roles'))
    const roles = 'shop_owner, shop_sales, shop_stock, shop_auditor, "Shop ""Reader"""'
    await run(end.adminUrl, `grant ${roles} to server_admin`)
    await queryOnce(end.adminUrl, 'create database shop')
  }
  await queryOnce(young.server.url('shop'), `alter database shop set "azure.extensions" = '${EXTENSIONS}'`)
  await run(old.urlFor('shop'), demo('demo'))
  await run(
    old.urlFor('shop'),
    `alter table shop.audit_log no force row level security;
     create table public.theirs (x int); insert into public.theirs values (1);
     create table public.ours (x int); grant select on public.ours to azure_pg_admin, azure_superuser, shop_auditor;
     alter table public.theirs owner to azure_pg_admin`,
  )
  await dump({ source: old.urlFor('shop'), to: folder.path('d'), jobs: 2 })
  const report = await restore({ from: folder.path('d'), target: young.urlFor('shop'), jobs: 2 })
  expect(report.failures).toEqual([])
  expect(report.differences).toEqual([])
  expect(report.verdict).toBe('SAME')
  expect(report.notices.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['provider.not-allowed', 'provider.grants', 'provider.owners']),
  )
  expect(
    await queryOnce(young.urlFor('shop'), `select tableowner as owner from pg_tables where tablename = 'theirs'`),
  ).toEqual([{ owner: 'server_admin' }])
}, 240_000)

const program = stockPgDump(18)

test.skipIf(program === undefined)(
  'what a stock pg_dump has taken of a service along stays behind on a server of one’s own',
  async () => {
    await using old = await imitate('supabase', 15)
    await using target = await freshDatabase(await server(17))
    await using folder = await scratch()
    await run(old.superuserUrl, `insert into auth.users values (gen_random_uuid(), 'a@b')`)
    await run(old.adminUrl, `create table public.mine (x int); insert into public.mine values (1), (2)`)
    await pgDump(program ?? '', old.superuserUrl, ['-Fc', '-f', folder.path('c')])
    const report = await restore({ from: folder.path('c'), target: target.url })
    expect(report.failures).toEqual([])
    expect(report.differences.filter(({ verdict }) => verdict === 'DIFFERENT')).toEqual([])
    expect(report.notices.find(({ code }) => code === 'provider.schemas')?.message).toMatch(/Supabase.*auth/)
    expect(
      await target.query(`select count(*)::int as rows, to_regnamespace('auth') as auth from public.mine`),
    ).toEqual([{ rows: 2, auth: null }])
  },
  240_000,
)
