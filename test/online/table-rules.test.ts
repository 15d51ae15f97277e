import { describe, expect, test } from 'vitest'
import type { IdentityFacts } from '../../src/check/index.ts'
import { selfManaged } from '../../src/provider/index.ts'
import { ruleFor, type TableRow } from '../../src/online/table-rules.ts'
import { changesBetween } from '../../src/online/drift.ts'
import { addColumn, columnsOnlyIn, type ColumnRow, type Filling } from '../../src/online/added-columns.ts'

const ROW: TableRow = {
  oid: 1,
  schema: 'public',
  name: 't',
  kind: 'r',
  unlogged: false,
  bytes: 0,
  ours: true,
  owner: 'app',
  has_foreign_key: false,
  has_generated: false,
  extension: null,
  extension_condition: null,
}
const KEYLESS: IdentityFacts = {
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
}
const CONTEXT = {
  source: { major: 14, provider: { ...selfManaged, reserved: { ...selfManaged.reserved, schemas: ['cron*'] } } },
  target: { major: 17 },
}
const LARGE = 9 * 1024 * 1024

/** The rule in a word, or why there is none. */
function ruled(row: Partial<TableRow>, facts: Partial<IdentityFacts>): string {
  const decided = ruleFor({ ...ROW, ...row }, { ...KEYLESS, ...facts }, CONTEXT)
  if (typeof decided === 'string') return decided
  const { rule, identity, truncate } = decided.rule
  return [rule, identity, ...(truncate === undefined ? [] : ['truncate']), decided.change?.sql ?? ''].join(' ').trim()
}

describe('the rule of a table', () => {
  test.each([
    ['with a primary key', {}, { key: 't_pkey' }, 'streamed key'],
    ['without a key, and small', { bytes: 100 }, {}, 'paused none'],
    ['without a key, and large', { bytes: LARGE }, {}, 'streamed full ALTER TABLE "public"."t" REPLICA IDENTITY FULL;'],
    [
      'without a key, large, with a type without equality',
      { bytes: LARGE },
      { incomparable: ['j json'] },
      'paused none',
    ],
    ['with FULL already, however small', {}, { identity: 'f' }, 'streamed full'],
    ['that is not ours to publish', { ours: false, has_foreign_key: true }, { key: 't_pkey' }, 'paused none'],
    ['that is copied in the pause and references others', { has_foreign_key: true }, {}, 'paused none truncate'],
    ['that is unlogged and references others', { unlogged: true, has_foreign_key: true }, {}, 'paused none'],
    ['of an extension that asks for no rows', { extension: 'x' }, {}, 'belongs to extension x, which fills it itself'],
    ['of an extension that asks for some', { extension: 'x', extension_condition: 'WHERE a' }, {}, 'paused none'],
    ['in a schema of the provider', { schema: 'cron_1' }, { key: 'k' }, 'its schema belongs to the provider'],
    ['that is foreign', { kind: 'f' }, {}, 'foreign table: its rows are on another server'],
  ] as [string, Partial<TableRow>, Partial<IdentityFacts>, string][])('%s', (_, row, facts, expected) => {
    expect(ruled(row, facts)).toBe(expected)
  })
})

function object(name: string, hash: string) {
  return { kind: 'table', name, hash }
}

test('changes of a schema are added, changed or dropped objects, sorted', () => {
  expect(
    changesBetween(
      [object('b', '1'), object('c', '1'), object('d', '1')],
      [object('d', '2'), object('a', '1'), object('c', '1')],
    ),
  ).toEqual([
    { change: 'added', kind: 'table', name: 'a' },
    { change: 'dropped', kind: 'table', name: 'b' },
    { change: 'changed', kind: 'table', name: 'd' },
  ])
})

describe('a column that was added', () => {
  const COLUMN: ColumnRow = {
    schema: 's',
    table: 't',
    name: 'c',
    type: 'integer',
    collation: null,
    not_null: false,
    identity: '',
    generated: '',
    default: null,
    missing: null,
    constant: null,
    sequences: null,
  }
  const added = (column: Partial<ColumnRow>, filling: Filling = 'filled') =>
    addColumn({ ...COLUMN, ...column }, filling)
  const ALTER = 'ALTER TABLE "s"."t"'

  test('gives the rows that were there the value that its default had then', () => {
    expect(added({ default: 'now()', constant: false, missing: "it's", not_null: true })).toMatchObject({
      early: [`${ALTER} ADD COLUMN "c" integer DEFAULT 'it''s' NOT NULL`],
      late: [`${ALTER} ALTER COLUMN "c" SET DEFAULT now()`],
    })
  })
  test('gives them its default where that value is gone, and all of them have one', () => {
    expect(added({ default: '5', constant: true })).toMatchObject({
      early: [`${ALTER} ADD COLUMN "c" integer DEFAULT 5`],
      late: [],
    })
    expect(added({ default: '5', constant: true }, 'not filled')).toMatchObject({
      early: [`${ALTER} ADD COLUMN "c" integer`],
      late: [`${ALTER} ALTER COLUMN "c" SET DEFAULT 5`],
    })
  })
  test('is NOT NULL only once the stream has filled it', () => {
    expect(added({ not_null: true })).toMatchObject({
      early: [`${ALTER} ADD COLUMN "c" integer`],
      late: [`${ALTER} ALTER COLUMN "c" SET NOT NULL`],
    })
  })
  test.each([{ default: 'gen_random_uuid()', constant: false }, { identity: 'a' }])(
    'is left to a person where rows got values of their own: %o',
    (column) => {
      expect(added(column)).toMatchObject({ kind: 'by hand' })
    },
  )
  test('of a table that the other side has not comes with that table', () => {
    const known = { ...COLUMN, name: 'id' }
    expect(columnsOnlyIn([COLUMN], [])).toEqual([])
    expect(columnsOnlyIn([known, COLUMN], [known])).toEqual([COLUMN])
  })
})
