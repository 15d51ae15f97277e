import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeSql, identityRule, publishedTables } from '../../src/check/data-shape/index.ts'
import type { IdentityFacts, IdentityIndex, IdentityRule } from '../../src/check/data-shape/index.ts'
import { unreachable } from '../../src/errors.ts'
import { selfManaged } from '../../src/provider/index.ts'

const index = (fields: Partial<IdentityIndex> = {}): IdentityIndex => ({
  name: 'i',
  columns: ['a'],
  method: 'btree',
  unique: true,
  primary: false,
  identity: false,
  valid: true,
  immediate: true,
  partial: false,
  expressions: false,
  leading: true,
  nullable: false,
  generated: false,
  ...fields,
})

const facts = (fields: Partial<IdentityFacts> = {}): IdentityFacts => ({
  oid: 1,
  schema: 'public',
  name: 't',
  kind: 'r',
  identity: 'd',
  root_oid: null,
  key: null,
  indexes: [],
  incomparable: [],
  generated: [],
  rows: 0,
  bytes: 0,
  changes: 0,
  ...fields,
})

const majors = (target: number, source = 14) => ({ source: { major: source }, target: { major: target } })

const ruleOf = (fields: Partial<IdentityFacts>, target = 18, source = 14) =>
  identityRule({ table: facts(fields), partitions: [] }, majors(target, source))

describe('the rule for a table', () => {
  test('a key that is in effect stays as it is', () => {
    expect(ruleOf({ key: 't_pkey' })).toMatchObject({ kind: 'key', changes: [] })
    expect(ruleOf({ key: 'i', identity: 'i' })).toMatchObject({ kind: 'key', changes: [] })
  })

  test('a unique index over NOT NULL columns becomes the identity, and the identity before is what undoes it', () => {
    const { kind, changes } = ruleOf({ indexes: [index({ name: 'a"b' })], incomparable: ['j json'] })
    expect(kind).toBe('key')
    expect(changeSql(changes)).toEqual({
      sql: 'ALTER TABLE "public"."t" REPLICA IDENTITY USING INDEX "a""b";',
      undo: 'ALTER TABLE "public"."t" REPLICA IDENTITY DEFAULT;',
    })
  })

  test('a primary key under NOTHING becomes the default again', () => {
    const { changes } = ruleOf({ identity: 'n', indexes: [index({ primary: true })] })
    expect(changeSql(changes)).toEqual({
      sql: 'ALTER TABLE "public"."t" REPLICA IDENTITY DEFAULT;',
      undo: 'ALTER TABLE "public"."t" REPLICA IDENTITY NOTHING;',
    })
  })

  test.each([
    { valid: false },
    { unique: false },
    { immediate: false },
    { partial: true },
    { expressions: true },
    { nullable: true },
    { generated: true },
  ])('an index of %o is no identity: the whole row is', (flaw) => {
    expect(ruleOf({ indexes: [index(flaw)] })).toMatchObject({ kind: 'full', changes: [{ to: { kind: 'full' } }] })
  })

  test('a row whose types cannot be compared, without a key, is left to the pause', () => {
    expect(ruleOf({ incomparable: ['j json'], indexes: [index({ unique: false })] })).toMatchObject({
      kind: 'pause',
      changes: [],
      because: ['there is no equality for j json'],
    })
    expect(ruleOf({ identity: 'f', incomparable: ['j json'] })).toMatchObject({ kind: 'pause' })
  })

  test('FULL stays FULL where it works: with a primary key the types do not matter', () => {
    expect(ruleOf({ identity: 'f' })).toMatchObject({ kind: 'full', changes: [], search: 'scan' })
    expect(ruleOf({ identity: 'f', incomparable: ['j json'], indexes: [index({ primary: true })] })).toMatchObject({
      kind: 'full',
      changes: [],
      search: 'key',
    })
    expect(ruleOf({ identity: 'f', incomparable: ['j json'], indexes: [index()] })).toMatchObject({
      kind: 'key',
      changes: [{ to: { kind: 'index', index: 'i' } }],
    })
  })

  test('a FULL row is searched by a btree index from 16 on, and by a hash index from 17', () => {
    const btree = { indexes: [index({ unique: false })] }
    const hash = { indexes: [index({ unique: false, method: 'hash' })] }
    expect([15, 16, 17].map((major) => ruleOf(btree, major).search)).toEqual(['scan', 'index', 'index'])
    expect([15, 16, 17].map((major) => ruleOf(hash, major).search)).toEqual(['scan', 'scan', 'index'])
    for (const flaw of [{ partial: true }, { leading: false }, { valid: false }]) {
      expect(ruleOf({ indexes: [index({ unique: false, ...flaw })] }).search).toBe('scan')
    }
  })

  test('generated columns are not published: what needs them of FULL is left to the pause', () => {
    const table = { generated: ['g'] }
    expect(ruleOf(table, 17, 14).kind).toBe('full')
    // The way back is published by the target.
    expect([ruleOf(table, 18, 14).kind, ruleOf(table, 18, 18).kind]).toEqual(['pause', 'pause'])
    expect(ruleOf({ ...table, indexes: [index({ primary: true, generated: true })] }, 17).kind).toBe('pause')
    const blind = { ...table, indexes: [index({ unique: false, generated: true })] }
    expect([15, 16].map((target) => ruleOf(blind, target).kind)).toEqual(['full', 'pause'])
    expect(ruleOf({ ...blind, identity: 'f', indexes: [...blind.indexes, index({ primary: true })] }, 17).kind).toBe(
      'full',
    )
  })

  test('an identity whose index was dropped is undone to nothing, which it is', () => {
    expect(changeSql(ruleOf({ identity: 'i' }).changes).undo).toBe('ALTER TABLE "public"."t" REPLICA IDENTITY NOTHING;')
  })
})

describe('partitioned tables', () => {
  const root = facts({ oid: 1, name: 'root', kind: 'p', key: 'root_pkey' })
  const leaf = (fields: Partial<IdentityFacts> = {}) => facts({ oid: 2, name: 'leaf', root_oid: 1, ...fields })

  test('partitions belong to their table from 13 on, and are published by themselves before', () => {
    const all = [root, leaf({ key: 'k' }), facts({ oid: 3 })]
    const names = (major: number) =>
      publishedTables(all, { major, provider: selfManaged }).map(({ table, partitions }) => [
        table.name,
        ...partitions.map(({ name }) => name),
      ])
    expect(names(13)).toEqual([['root', 'leaf'], ['t']])
    expect(names(12)).toEqual([['leaf'], ['t']])
  })

  test('all of a tree get the same identity', () => {
    const pkey = index({ name: 'leaf_pkey', primary: true })
    expect(
      identityRule({ table: root, partitions: [leaf({ identity: 'n', indexes: [pkey] })] }, majors(18)),
    ).toMatchObject({ kind: 'key', changes: [{ table: { name: 'leaf' }, to: { kind: 'default' } }] })
    expect(
      identityRule({ table: facts({ kind: 'p', identity: 'f' }), partitions: [leaf()] }, majors(18)),
    ).toMatchObject({ kind: 'full', changes: [{ table: { name: 'leaf' } }], search: 'scan' })
  })
})

test('whatever the table is like, the rule is one that works', () => {
  const anyIndex = fc.record({
    name: fc.constantFrom('i', 'k'),
    columns: fc.constant<string[]>(['a']),
    method: fc.constantFrom('btree', 'hash', 'gist'),
    unique: fc.boolean(),
    primary: fc.boolean(),
    identity: fc.boolean(),
    valid: fc.boolean(),
    immediate: fc.boolean(),
    partial: fc.boolean(),
    expressions: fc.boolean(),
    leading: fc.boolean(),
    nullable: fc.boolean(),
    generated: fc.boolean(),
  })
  const anyTable = fc
    .record({
      identity: fc.constantFrom('d' as const, 'n' as const, 'f' as const, 'i' as const),
      key: fc.constantFrom(null, null, 'key'),
      indexes: fc.array(anyIndex, { maxLength: 3 }),
      incomparable: fc.constantFrom<string[][]>([], ['j json']),
      generated: fc.constantFrom<string[][]>([], ['g']),
    })
    .map((fields) =>
      facts(fields.key === null ? fields : { ...fields, identity: 'd', indexes: [], incomparable: [], generated: [] }),
    )
  const ran = fc.assert(
    fc.property(
      anyTable,
      fc.array(anyTable, { maxLength: 3 }),
      fc.integer({ min: 13, max: 19 }),
      fc.integer({ min: 13, max: 19 }),
      (table, rest, major, source) => {
        const partitions = rest.map((partition, at) => ({ ...partition, name: `p${String(at)}`, root_oid: 1 }))
        const rule = identityRule({ table, partitions }, majors(major, source))
        return works([table, ...partitions], rule)
      },
    ),
  )
  expect(ran).toBeUndefined()
})

/** The identities after the changes are of one kind, and the target can find rows by them. */
function works(members: readonly IdentityFacts[], { kind, changes, search, because }: IdentityRule): boolean {
  const after = members.map(
    (member) =>
      changes.find((change) => change.table === member)?.to.kind ?? (member.key === null ? member.identity : 'key'),
  )
  switch (kind) {
    case 'key':
      return after.every((identity) => ['key', 'default', 'index'].includes(identity))
    case 'full':
      return (
        after.every((identity) => ['full', 'f'].includes(identity)) &&
        (search === 'key' || members.every((member) => member.incomparable.length === 0))
      )
    case 'pause':
      return changes.length === 0 && because.length > 0
    default:
      return unreachable(kind)
  }
}
