import { describe, expect, it } from 'vitest'
import { compareSchemas } from '../../src/verify/schema.ts'
import { demoDatabase, restoreSchema, schemaOf } from './schemas.ts'

const ROLES = { owners: 'keep', privileges: 'keep', roleMap: new Map<string, string>() } as const

describe('a schema that pg_dump carried over', () => {
  it.each([
    { source: 13, target: 18 },
    { source: 14, target: 17 },
    { source: 15, target: 16 },
    { source: 17, target: 17 },
  ] as const)('reads SAME from $source to $target', async (majors) => {
    await using from = await demoDatabase(majors.source)
    const source = await schemaOf(from)
    const { database, refused } = await restoreSchema(source, majors.target)
    await using _to = database
    expect(refused).toEqual([])
    const target = await schemaOf(database)
    const verdicts = compareSchemas({ source, target }, { ...ROLES, majors })
    expect(verdicts.filter(({ verdict }) => verdict !== 'SAME')).toEqual([])
    expect(verdicts.length).toBeGreaterThan(450)
  })
})

describe('a change of the schema', () => {
  const CHANGES: [change: string, kind: string, object: string][] = [
    ['drop index shop.customers_referrer', 'index', 'shop.customers_referrer'],
    [
      'revoke select on shop.customers from shop_auditor; grant insert on shop.customers to shop_auditor',
      'grants',
      'shop.TABLE customers',
    ],
    [`create or replace function shop.who() returns text language sql as 'select 1::text'`, 'function', 'shop.who()'],
    [
      'alter table shop.items add constraint not_checked check (quantity > -1000000) not valid',
      'check constraint',
      'shop.items not_checked',
    ],
    ['alter table shop.products disable trigger keep_search', 'trigger', 'shop.products keep_search'],
    [`comment on table shop.customers is 'other'`, 'comment', 'shop.TABLE customers'],
    ['alter table shop.items owner to shop_auditor', 'table', 'shop.items'],
    [
      'create or replace view shop.good_customers with (security_barrier = true) as select id, email, full_name, credit from shop.customers where credit > 101',
      'view',
      'shop.good_customers',
    ],
    ['alter table shop.customers alter credit set default 1', 'table', 'shop.customers'],
    ['alter table shop.customers alter born set not null', 'table', 'shop.customers'],
    ['create table shop.more ()', 'table', 'shop.more'],
    ['alter sequence shop.customers_id_seq increment 2', 'sequence', 'shop.customers_id_seq'],
    ['alter policy change_own on shop.documents using (false)', 'policy', 'shop.documents change_own'],
    [`alter type shop.order_state add value 'vanished'`, 'type', 'shop.order_state'],
    [
      `update pg_index set indisvalid = false where indexrelid = 'shop.customers_created'::regclass`,
      'index',
      'shop.customers_created',
    ],
    ['alter table shop.customers add more int', 'table', 'shop.customers'],
    ['alter event trigger on_drop disable', 'event trigger', 'on_drop'],
    ['refresh materialized view shop.sales with no data', 'materialized view data', 'shop.sales'],
  ]

  it.each([
    { source: 13, target: 18 },
    { source: 17, target: 17 },
  ] as const)('is found and named, $source to $target', async (majors) => {
    await using from = await demoDatabase(majors.source)
    const source = await schemaOf(from)
    const { database } = await restoreSchema(source, majors.target)
    await using to = database
    for (const [change] of CHANGES) await to.query(change)
    const target = await schemaOf(to)
    const verdicts = compareSchemas({ source, target }, { ...ROLES, majors })
    const found = verdicts
      .filter(({ verdict }) => verdict === 'DIFFERENT')
      .map(({ kind, object }) => `${kind} ${object}`)
    expect(new Set(found)).toEqual(new Set(CHANGES.map(([, kind, object]) => `${kind} ${object}`)))
  })
})
