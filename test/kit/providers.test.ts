import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { recogniseProvider } from '../../src/provider/index.ts'
import { type ImitatedProvider, type Major, imitate, queryOnce } from './index.ts'

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

test.each(CASES)(
  'an imitation of %s on %i shows its signs, and an administrator with just its rights',
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
    await queryOnce(imitation.adminUrl, 'create database customers_own')
    await queryOnce(imitation.urlFor('customers_own'), 'create table t ()')
  },
)

test('a database of the provider lets nobody in but its superuser', async () => {
  await using imitation = await imitate('rds', 16)
  await expect(queryOnce(imitation.urlFor('rdsadmin'), 'select')).rejects.toMatchObject({ code: '28000' })
  expect(await queryOnce(imitation.server.url('rdsadmin'), 'select')).toHaveLength(1)
})
