import { describe, expect, it } from 'vitest'
import { compareSchemas } from '../../src/verify/schema.ts'
import { demoDatabase, restoreSchema, schemaOf } from './schemas.ts'

const ROLES = { owners: 'keep', privileges: 'keep', roleMap: new Map<string, string>() } as const

/** What is changed on the target, and the entry that has to be named for it. */
const CHANGES: [change: string, kind: string, object: string][] = [
  ['drop index shop.customers_referrer', 'index', 'shop.customers_referrer'],
  ['grant insert on shop.customers to shop_auditor', 'grants', 'shop.TABLE customers'],
  [`create or replace function shop.who() returns name language sql as 'select null::name'`, 'function', 'shop.who()'],
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
  ['alter event trigger on_ddl_end disable', 'event trigger', 'on_ddl_end'],
  [
    'refresh materialized view "Evil ""Schema"".x"."Top Year" with no data',
    'materialized view data',
    'Evil "Schema".x.Top Year',
  ],
]

describe('a schema that pg_dump carried over', () => {
  it.each([
    { source: 13, target: 18 },
    { source: 14, target: 17 },
    { source: 15, target: 16 },
    { source: 17, target: 17 },
  ] as const)('reads SAME from $source to $target, and every change of it is named', async (majors) => {
    await using from = await demoDatabase(majors.source)
    const source = await schemaOf(from, majors)
    const { database, refused } = await restoreSchema(source, majors.target)
    await using to = database
    expect(refused).toEqual([])
    const before = compareSchemas({ source, target: await schemaOf(to, majors) }, { ...ROLES, majors })
    expect(before.filter(({ verdict }) => verdict !== 'SAME')).toEqual([])
    expect(before.length).toBeGreaterThan(450)

    for (const [change] of CHANGES) await to.query(change)
    const after = compareSchemas({ source, target: await schemaOf(to, majors) }, { ...ROLES, majors })
    const found = after.filter(({ verdict }) => verdict === 'DIFFERENT').map(({ kind, object }) => `${kind} ${object}`)
    expect(new Set(found)).toEqual(new Set(CHANGES.map(([, kind, object]) => `${kind} ${object}`)))
  })
})
