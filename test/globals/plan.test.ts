import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/connection/index.ts'
import { emptyServer } from '../../src/globals/empty-server.ts'
import { planRoles, type Membership, type RoleFacts, rolesSql, type ServerRoles } from '../../src/globals/index.ts'
import type { RoleOptions, RolesInput } from '../../src/globals/index.ts'
import { quoteIdent, settingSql, splitNames } from '../../src/sql.ts'
import { providerNamed, selfManaged } from '../../src/provider/index.ts'

function role(name: string, fields: Partial<RoleFacts> = {}): RoleFacts {
  return {
    name,
    superuser: false,
    inherit: true,
    createRole: false,
    createDb: false,
    login: false,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
    validUntil: undefined,
    comment: undefined,
    labels: [],
    verifier: { kind: 'none' },
    owns: false,
    admin: true,
    maySet: true,
    ...fields,
  }
}

function member(text: string, fields: Partial<Membership> = {}): Membership {
  const [name = '', group = ''] = text.split(' in ')
  return { role: group, member: name, grantor: 'postgres', admin: false, inherit: true, set: true, ...fields }
}

function serverOf(major: number, fields: Partial<ServerRoles> = {}): ServerRoles {
  const nothing = { memberships: [], settings: [], tablespaces: [], parameterGrants: [], databases: [], roles: [] }
  const user = { user: 'postgres', bootstrap: 'postgres', superuser: true, createRole: true } as const
  return { major, ...user, verifiers: 'readable', ...nothing, ...fields }
}

function planOf(source: ServerRoles, target: ServerRoles, options: RoleOptions = {}, more: Partial<RolesInput> = {}) {
  return planRoles({
    source,
    target,
    sourceProvider: selfManaged,
    targetProvider: selfManaged,
    powers: emptyServer(target).powers,
    parameters: new Map(),
    options,
    ...more,
  })
}

const sqlOf = (plan: ReturnType<typeof planOf>) => plan.changes.map(({ sql }) => sql)
const left = (plan: ReturnType<typeof planOf>) => plan.leftOut.map(({ object, reason }) => `${object}: ${reason}`)

function space(name: string) {
  return { name, owner: 'postgres', location: '/x', options: [], acl: undefined, databases: ['db'] }
}

describe('memberships', () => {
  const source = serverOf(16, {
    roles: ['a', 'b', 'c', 'd'].map((name) => role(name)),
    memberships: [
      // Sorted by name the grants come in the wrong order: b can grant only what a has given to it.
      member('c in d', { grantor: 'b' }),
      member('b in d', { grantor: 'a', admin: true }),
      member('a in d', { admin: true, inherit: false, set: false }),
    ],
  })

  test('come in the order in which each grantor has its ADMIN', () => {
    expect(sqlOf(planOf(source, serverOf(18))).slice(4)).toEqual([
      'GRANT "d" TO "a" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
      'GRANT "d" TO "b" WITH ADMIN TRUE, INHERIT TRUE GRANTED BY "a"',
      'GRANT "d" TO "c" WITH INHERIT TRUE GRANTED BY "b"',
    ])
  })

  test('of a grantor whose ADMIN did not come over are granted all the same, and that is said', () => {
    const orphaned = { ...source, memberships: [member('c in d', { grantor: 'b' })] }
    const plan = planOf(orphaned, serverOf(18))
    expect(sqlOf(plan).at(-1)).toBe('GRANT "d" TO "c" WITH INHERIT TRUE')
    expect(left(plan)).toEqual(['c in d: grantor'])
  })

  test('lose to a server before 16 what that cannot say, and that is listed', () => {
    const plan = planOf(source, serverOf(14))
    expect(sqlOf(plan).slice(4)).toEqual([
      'GRANT "d" TO "a" WITH ADMIN OPTION',
      'GRANT "d" TO "b" WITH ADMIN OPTION',
      'GRANT "d" TO "c"',
    ])
    expect(plan.leftOut.filter(({ reason }) => reason === 'not-expressible').map(({ message }) => message)).toEqual([
      'INHERIT FALSE and SET FALSE cannot be said to PostgreSQL 14.',
    ])
  })

  test('from before 16 say for each what the member’s attribute said for all', () => {
    const old = serverOf(13, {
      roles: [role('a', { inherit: false }), role('b'), role('d')],
      memberships: [member('a in d', { grantor: undefined, inherit: false }), member('b in d', { grantor: undefined })],
    })
    expect(sqlOf(planOf(old, serverOf(18)))).toEqual([
      'CREATE ROLE "a" NOINHERIT',
      'CREATE ROLE "b"',
      'CREATE ROLE "d"',
      'GRANT "d" TO "a" WITH INHERIT FALSE',
      'GRANT "d" TO "b" WITH INHERIT TRUE',
    ])
  })

  test('are ordered for any chain of grantors', () => {
    const names = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (chain) => {
        const memberships = chain.map((name, at) =>
          member(`${name} in g`, { admin: true, grantor: chain[at - 1] ?? 'postgres' }),
        )
        const all = serverOf(17, {
          roles: ['g', ...names].map((name) => role(name)),
          memberships: memberships.toReversed(),
        })
        const granted = sqlOf(planOf(all, serverOf(18))).flatMap((sql) => /TO "(r\d)"/u.exec(sql)?.[1] ?? [])
        expect(granted).toEqual(chain)
      }),
    )
  })

  test('in a provider’s role follow the role map to another provider’s, and stay behind without it', () => {
    const rds = serverOf(16, {
      roles: [role('app'), role('rds_superuser'), role('rds_replication')],
      memberships: [member('app in rds_superuser'), member('rds_superuser in rds_replication')],
    })
    const azure = serverOf(16, { roles: [role('azure_pg_admin'), role('postgres', { superuser: true })] })
    const providers = { sourceProvider: providerNamed('rds'), targetProvider: providerNamed('azure-flexible') }
    const plan = planOf(rds, azure, { roleMap: new Map([['rds_superuser', 'azure_pg_admin']]) }, providers)
    expect(sqlOf(plan)).toEqual(['CREATE ROLE "app"', 'GRANT "azure_pg_admin" TO "app" WITH INHERIT TRUE'])
    expect(left(planOf(rds, azure, {}, providers))).toEqual([
      'role rds_replication: reserved',
      'role rds_superuser: reserved',
      'app in rds_superuser: role-missing',
    ])
  })
})

describe('roles', () => {
  test('that the map makes one have the attributes of the one that keeps its name', () => {
    const source = serverOf(16, {
      roles: [role('a', { createDb: true }), role('b', { createRole: true }), role('c')],
      memberships: [member('a in b'), member('c in a')],
      settings: [
        { role: 'a', database: undefined, name: 'work_mem', value: '1MB' },
        { role: 'b', database: undefined, name: 'work_mem', value: '2MB' },
      ],
    })
    const plan = planOf(source, serverOf(16), { roleMap: new Map([['a', 'b']]) })
    expect(sqlOf(plan)).toEqual([
      'CREATE ROLE "b" CREATEROLE',
      'CREATE ROLE "c"',
      'GRANT "b" TO "c" WITH INHERIT TRUE',
      `ALTER ROLE "b" SET "work_mem" TO '2MB'`,
    ])
    expect(left(plan)).toEqual(['role a: merged'])
  })

  test('with odd names and values are quoted, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.string({ unit: 'binary' }), (name, text) => {
        fc.pre(!name.startsWith('pg_'))
        const source = serverOf(16, { roles: [role(name, { comment: text, validUntil: text })] })
        const [create = '', comment = ''] = sqlOf(planOf(source, serverOf(16)))
        expect(create.startsWith(`CREATE ROLE ${quoteIdent(name)} VALID UNTIL `)).toBe(true)
        expect(comment.startsWith(`COMMENT ON ROLE ${quoteIdent(name)} IS `)).toBe(true)
      }),
    )
  })

  test('show their passwords in no plan, however it is printed', () => {
    const verifier = { kind: 'scram', value: new Secret('SCRAM-SHA-256$hidden') } as const
    const plan = planOf(serverOf(16, { roles: [role('app', { login: true, verifier })] }), serverOf(16))
    expect(JSON.stringify(plan) + rolesSql(plan, { verifiers: 'omit' })).not.toContain('hidden')
    expect(rolesSql(plan, { verifiers: 'include' })).toContain(
      `CREATE ROLE "app" LOGIN PASSWORD 'SCRAM-SHA-256$hidden';`,
    )
  })

  test('whose names hold line ends do not break out of a script’s comments', () => {
    const name = 'a\n; drop role b; --'
    const source = serverOf(16, { roles: [role(name, { login: true, verifier: { kind: 'unreadable' } })] })
    const script = rolesSql(planOf(source, serverOf(16)), { verifiers: 'omit' })
    const outside = script
      .replaceAll(quoteIdent(name), '')
      .split('\n')
      .filter((line) => !line.startsWith('--'))
    expect(outside.filter((line) => line.includes('drop'))).toEqual([])
  })
})

describe('tablespaces', () => {
  test('go where the map says, to their namesakes, or to the default one', () => {
    const source = serverOf(16, { tablespaces: ['fast', 'slow', 'old', 'far'].map(space) })
    const target = serverOf(16, { tablespaces: ['fast', 'ssd'].map(space) })
    const plan = planOf(source, target, {
      tablespaceMap: new Map([
        ['slow', 'ssd'],
        ['far', 'none'],
      ]),
    })
    expect(plan.tablespaces.map(({ name, target, how }) => [name, target, how])).toEqual([
      ['fast', 'fast', 'same-name'],
      ['slow', 'ssd', 'mapped'],
      ['old', undefined, 'default'],
      ['far', 'none', 'missing'],
    ])
  })
})

describe('settings', () => {
  test('of lists of names become one value a name', () => {
    expect(settingSql('search_path', '"$user", public, "Odd ""one, two""", ""')).toBe(
      `"search_path" TO '$user', 'public', 'Odd "one, two"', ''`,
    )
    expect(settingSql('search_path', '')).toBe(`"search_path" TO ''`)
    expect(settingSql('DateStyle', 'ISO, DMY')).toBe(`"DateStyle" TO 'ISO, DMY'`)
    expect(settingSql('my.Parameter', "it's")).toBe(`"my"."Parameter" TO 'it''s'`)
  })

  test('read any list of quoted names back', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (names) => {
        expect(splitNames(names.map(quoteIdent).join(', '))).toEqual(names)
      }),
    )
  })

  test('that name a role or a tablespace follow the maps', () => {
    const source = serverOf(16, {
      roles: [role('a'), role('b')],
      settings: [
        { role: 'a', database: undefined, name: 'role', value: 'b' },
        { role: 'a', database: undefined, name: 'default_tablespace', value: 'slow' },
        { role: 'b', database: undefined, name: 'default_tablespace', value: 'gone' },
      ],
    })
    const target = serverOf(16, {
      tablespaces: [{ name: 'ssd', owner: 'postgres', location: '', options: [], acl: undefined, databases: [] }],
    })
    const plan = planOf(source, target, { roleMap: new Map([['b', 'c']]), tablespaceMap: new Map([['slow', 'ssd']]) })
    expect(sqlOf(plan).slice(2)).toEqual([
      `ALTER ROLE "a" SET "role" TO 'c'`,
      `ALTER ROLE "a" SET "default_tablespace" TO 'ssd'`,
    ])
    expect(left(plan)).toEqual(['default_tablespace of c: tablespace-missing'])
  })
})
