import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { isReserved, providerNamed, recogniseProvider } from '../../src/provider/index.ts'
import { type ImitatedProvider, type Imitation, type Major, imitate, queryOnce } from './index.ts'

const CASES: readonly [ImitatedProvider, Major][] = [
  ['azure-flexible', 13],
  ['azure-flexible', 17],
  ['azure-single', 13],
  ['rds', 15],
  ['rds', 18],
  ['supabase', 15],
  ['supabase', 17],
  ['aptible', 14],
  ['plain', 16],
]

/** All that is there from the start and not the provider's. Supabase's administrator has the same name in every project. */
const CUSTOMERS: Readonly<Record<ImitatedProvider, readonly string[]>> = {
  'azure-flexible': ['role server_admin', 'database postgres', 'schema public'],
  'azure-single': ['role server_admin', 'database postgres', 'schema public'],
  rds: ['role master_user', 'database postgres', 'schema public'],
  supabase: ['database postgres', 'schema public'],
  aptible: ['database db', 'database postgres', 'schema public'],
  plain: ['role plain_admin', 'role postgres', 'database postgres', 'schema public'],
}

async function unreserved({ provider, superuserUrl }: Imitation): Promise<string[]> {
  const things = await queryOnce<{ kind: 'role' | 'database' | 'schema' | 'tablespace'; name: string }>(
    superuserUrl,
    `select 'role' as kind, rolname::text as name from pg_roles
      union all select 'database', datname from pg_database
      union all select 'schema', nspname from pg_namespace
      union all select 'tablespace', spcname from pg_tablespace`,
  )
  const rules = providerNamed(provider === 'plain' ? 'self-managed' : provider)
  const free = things.filter(({ kind, name }) => !isReserved(rules, kind, name))
  return free.map(({ kind, name }) => `${kind} ${name}`).toSorted()
}

test.each(CASES)(
  'an imitation of %s on %i has its signs and reserved names, and an administrator with just its rights',
  async (provider, major) => {
    await using imitation = await imitate(provider, major)
    const [row] = await queryOnce(
      imitation.adminUrl,
      'select current_user as user, rolsuper as super, rolcreaterole as roles, rolcreatedb as databases from pg_roles where rolname = current_user',
    )
    expect(row).toEqual({ user: imitation.admin, super: provider === 'aptible', roles: true, databases: true })
    await using session = await connect(parseConnection(imitation.adminUrl, { env: {} }), {
      side: 'source',
      purpose: 'test',
    })
    expect((await recogniseProvider(session)).id).toBe(provider === 'plain' ? 'self-managed' : provider)
    expect(await unreserved(imitation)).toEqual(CUSTOMERS[provider].toSorted())
    await queryOnce(imitation.adminUrl, 'create database customers_own')
    await queryOnce(imitation.urlFor('customers_own'), 'create table t ()')
  },
)

test('a database of the provider lets nobody in but its superuser', async () => {
  await using imitation = await imitate('rds', 16)
  await expect(queryOnce(imitation.urlFor('rdsadmin'), 'select')).rejects.toMatchObject({ code: '28000' })
  expect(await queryOnce(imitation.server.url('rdsadmin'), 'select')).toHaveLength(1)
})
