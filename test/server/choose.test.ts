import { describe, expect, test } from 'vitest'
import type { DatabaseFacts } from '../../src/catalog/index.ts'
import { providerNamed, selfManaged } from '../../src/provider/index.ts'
import { chooseDatabases, type ServerDatabase } from '../../src/server/choose.ts'
import { placed } from '../../src/server/plan-server.ts'
import { compareProperties } from '../../src/server/properties.ts'

function database(name: string, more: Partial<ServerDatabase> = {}): ServerDatabase {
  return {
    name,
    is_template: false,
    allows_connections: true,
    is_broken: false,
    tablespace: 'pg_default',
    bytes: 1,
    ...more,
  }
}

const EVERYTHING = {
  providers: { source: selfManaged, target: selfManaged },
  include: [],
  exclude: [],
  maintenance: 'empty',
} as const

describe('of the databases of a server', () => {
  const all = [
    database('shop'),
    database('Shop.eu'),
    database('postgres'),
    database('template1', { is_template: true }),
    database('half', { is_broken: true }),
    database('shut', { allows_connections: false }),
    database('rdsadmin'),
    database('pgleap_server_run'),
  ]

  test('templates, unusable ones and an empty postgres stay behind, each with its reason', () => {
    const { chosen, leftOut } = chooseDatabases(all, EVERYTHING)
    expect(chosen.map(({ name }) => name)).toEqual(['shop', 'Shop.eu', 'rdsadmin'])
    expect(leftOut.map(({ database: name, reason }) => [name, reason])).toEqual([
      ['postgres', 'empty'],
      ['template1', 'template'],
      ['half', 'broken'],
      ['shut', 'no-connections'],
    ])
  })

  test('a postgres that somebody uses travels, and what belongs to either provider does not', () => {
    const rds = providerNamed('rds')
    for (const providers of [
      { source: rds, target: selfManaged },
      { source: selfManaged, target: rds },
    ]) {
      const { chosen, leftOut } = chooseDatabases(all, { ...EVERYTHING, providers, maintenance: 'used' })
      expect(chosen.map(({ name }) => name)).toEqual(['shop', 'Shop.eu', 'postgres'])
      expect(leftOut).toContainEqual({
        database: 'rdsadmin',
        reason: 'reserved',
        message: `It belongs to ${rds.name}.`,
      })
    }
  })

  test.each([
    [['shop'], [], ['shop']],
    [['?hop*'], [], ['shop', 'Shop.eu']],
    [[], ['*.eu', 'rds*'], ['shop']],
    [['shop', 'Shop.eu'], ['Shop.e?'], ['shop']],
  ])('those that %j names and %j does not travel', (include, exclude, wanted) => {
    const { chosen } = chooseDatabases(all, { ...EVERYTHING, include, exclude })
    expect(chosen.map(({ name }) => name)).toEqual(wanted)
  })

  test.each(['Shop', 'Shop?', 'sho', '.*', 'shop|half'])('the pattern %j matches none, and is refused', (pattern) => {
    const call = () => chooseDatabases(all, { ...EVERYTHING, include: [pattern] })
    expect(call).toThrow(expect.objectContaining({ code: 'filter.unmatched' }))
  })
})

describe('tablespaces', () => {
  const tablespaces = [
    { name: 'fast', databases: [], target: 'ssd', how: 'mapped' },
    { name: 'big', databases: [], target: 'big', how: 'same-name' },
    { name: 'old', databases: [], target: undefined, how: 'default' },
  ]
  const where = (tablespace: string, wanted: 'keep' | 'skip' = 'keep') =>
    placed({ tablespace }, { tablespaces: wanted }, { tablespaces })

  test('become what the map says, their namesakes, or the default one', () => {
    expect(where('pg_default')).toEqual({ tablespace: null, tablespaceMap: { fast: 'ssd', old: 'pg_default' } })
    expect(where('fast').tablespace).toBe('ssd')
    expect(where('big').tablespace).toBe('big')
    expect(where('old')).toEqual({
      tablespace: null,
      tablespaceMap: { fast: 'ssd', old: 'pg_default', pg_default: 'pg_default' },
    })
  })

  test('do not matter where nobody wants them', () => {
    expect(where('fast', 'skip')).toEqual({ tablespace: null, tablespaceMap: {} })
  })
})

describe('the properties of a database', () => {
  const facts = {
    name: 'shop',
    owner: 'old_owner',
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    localeProvider: 'libc',
    icuLocale: undefined,
    icuRules: undefined,
    connectionLimit: 7,
    comment: 'mine',
    settings: [
      { role: undefined, name: 'work_mem', value: '5MB' },
      { role: 'old_owner', name: 'work_mem', value: '6MB' },
    ],
    grants: [
      { grantee: 'old_owner', privilege: 'CREATE', grantable: false, grantor: 'old_owner' },
      { grantee: 'reader', privilege: 'CONNECT', grantable: true, grantor: 'old_owner' },
    ],
  } as const
  const source: DatabaseFacts = { ...facts, settings: [...facts.settings], grants: [...facts.grants] }
  const target: DatabaseFacts = {
    ...source,
    owner: 'new_owner',
    grants: [
      { grantee: 'reader', privilege: 'CONNECT', grantable: true, grantor: 'new_owner' },
      { grantee: 'new_owner', privilege: 'CREATE', grantable: false, grantor: 'new_owner' },
    ],
  }
  const options = {
    owners: 'keep',
    privileges: 'keep',
    made: 'by-us',
    role: (name: string) => (name === 'old_owner' ? 'new_owner' : name),
    majors: { source: 13, target: 18 },
  } as const
  const differing = (now: DatabaseFacts, more: object = {}) =>
    compareProperties(source, now, { ...options, ...more }).filter(({ verdict }) => verdict !== 'SAME')

  test('are the same under other names of roles, and in another order of grants', () => {
    expect(differing(target)).toEqual([])
  })

  test.each([
    ['owner', { owner: 'reader' }],
    ['encoding', { encoding: 'LATIN1' }],
    ['locale', { ctype: 'C.UTF-8' }],
    ['comment', { comment: 'yours' }],
    ['connection limit', { connectionLimit: -1 }],
    ['grants', { grants: [] }],
  ])('differ in their %s', (what, change) => {
    const found = differing({ ...target, ...change })
    expect(found.map(({ kind }) => kind)).toContain(`database ${what}`)
    expect(found[0]).toMatchObject({ verdict: 'DIFFERENT', detail: expect.stringContaining('on the source') })
  })

  test('differ in their settings, of which only the names are told', () => {
    const [found] = differing({ ...target, settings: [{ role: undefined, name: 'app.secret', value: 'hush' }] })
    expect(found).toMatchObject({ kind: 'database settings', verdict: 'DIFFERENT' })
    expect(found?.detail).toMatch(/app\.secret.* differ$/)
    expect(found?.detail).not.toContain('hush')
  })

  test("of a database that was there before are its maker's, as far as they are set when it is made", () => {
    expect(differing({ ...target, owner: 'x', encoding: 'LATIN1', comment: 'x' }, { made: 'found' })).toEqual([])
    expect(differing({ ...target, owner: 'x', grants: [] }, { owners: 'skip', privileges: 'skip' })).toEqual([])
  })
})
