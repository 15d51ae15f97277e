import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { readRoles, type ServerRoles } from '../../src/globals/index.ts'
import { type Major } from '../kit/index.ts'
import { rolesServer, run } from './many-roles.ts'

test.each([13, 15, 16, 18] as Major[])(
  'everybody reads the roles of %i, and only superusers their verifiers',
  async (major) => {
    await using server = await rolesServer(major)
    await run(
      server,
      "set password_encryption = 'md5'",
      'create role admin login',
      "create role app login noinherit password 'x' valid until '2030-01-02 03:04:05+06'",
      'create role readers',
      'grant readers to app with admin option',
      "alter role app set search_path = a, 'B c'",
      'create table t ()',
      'alter table t owner to readers',
    )
    const read = async (user: string): Promise<ServerRoles> => {
      await using session = await connect(parseConnection(server.url('postgres', user)), {
        side: 'source',
        purpose: 'test',
      })
      return await readRoles(session)
    }
    const seen = await read('postgres')
    expect(seen).toMatchObject({
      major,
      user: 'postgres',
      bootstrap: 'postgres',
      superuser: true,
      verifiers: 'readable',
    })
    const named = (name: string) => seen.roles.find((role) => role.name === name)
    expect(named('app')).toMatchObject({
      login: true,
      inherit: false,
      validUntil: '2030-01-01 21:04:05+00',
      verifier: { kind: 'md5' },
      owns: false,
    })
    expect(named('readers')).toMatchObject({ verifier: { kind: 'none' }, owns: true })
    expect(seen.memberships).toEqual([
      {
        role: 'readers',
        member: 'app',
        grantor: major > 15 ? 'postgres' : undefined,
        admin: true,
        inherit: false,
        set: true,
      },
    ])
    expect(seen.settings).toEqual([{ role: 'app', database: undefined, name: 'search_path', value: 'a, "B c"' }])

    const low = await read('admin')
    expect(low).toMatchObject({ verifiers: 'unreadable', superuser: false, memberships: seen.memberships })
    expect(low.roles.map(({ name }) => name)).toEqual(seen.roles.map(({ name }) => name))
    expect(
      low.roles.every(
        ({ verifier, admin, maySet, name }) =>
          verifier.kind === 'unreadable' && (name === 'admin' || !(admin || maySet)),
      ),
    ).toBe(true)
  },
)
