import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TableFacts } from '../../src/catalog/index.ts'
import { type Part, planParts, wantsKeyBoundaries } from '../../src/copy/index.ts'

const column = { name: 'id', typeOid: 23, generated: 'no', identity: 'no', notNull: true, binarySafe: true } as const

const TABLE: TableFacts = {
  oid: 1,
  schema: 'public',
  name: 't',
  kind: 'table',
  persistence: 'permanent',
  accessMethod: 'heap',
  owner: 'o',
  isPartition: false,
  blocks: 0,
  heapBytes: 0,
  toastBytes: 0,
  indexBytes: 0,
  estimatedRows: undefined,
  rowSecurity: false,
  columns: [{ ...column, type: 'integer' }],
  key: ['id'],
  extension: undefined,
}

function ofBlocks(blocks: number, fields: Partial<TableFacts> = {}): TableFacts {
  return { ...TABLE, blocks, heapBytes: blocks * 8192, ...fields }
}

/** How many of the parts hold what is at this place. */
function holders(parts: Part[], place: { block: number; key: number }): number {
  return parts.filter((part) => {
    if (part.by === 'all') return true
    if (part.by === 'blocks') return part.from <= place.block && (part.to === undefined || place.block < part.to)
    if (part.by === 'condition' || part.by === 'sample') return false
    return (
      (part.from === undefined || Number(part.from) <= place.key) &&
      (part.to === undefined || place.key < Number(part.to))
    )
  }).length
}

const limits = fc.record({
  major: fc.integer({ min: 10, max: 18 }),
  targetPartBytes: fc.integer({ min: 1, max: 2 ** 31 }),
  maxParts: fc.integer({ min: 1, max: 1000 }),
})
const facts = fc
  .record({
    blocks: fc.nat(1_000_000),
    toastBytes: fc.nat(),
    accessMethod: fc.constantFrom('heap', undefined, 'other'),
  })
  .map(({ blocks, ...fields }) => ofBlocks(blocks, fields))
const boundaries = fc.option(
  fc.uniqueArray(fc.integer(), { maxLength: 50 }).map((values) => ({
    column: 'id',
    type: 'integer',
    values: values.toSorted((a, b) => a - b).map(String),
  })),
  { nil: undefined },
)

describe('parts of a table', () => {
  test('hold every row exactly once, whatever the table, its growth, the limits and the boundaries', () => {
    fc.assert(
      fc.property(facts, limits, boundaries, fc.nat(4_000_000_000), fc.integer(), (one, limit, bounds, block, key) => {
        expect(holders(planParts(one, limit, bounds), { block, key })).toBe(1)
      }),
    )
  })

  test('are never more than allowed, and none of blocks is empty', () => {
    fc.assert(
      fc.property(facts, limits, (one, limit) => {
        const parts = planParts(one, limit)
        expect(parts.length).toBeLessThanOrEqual(limit.maxParts)
        const empty = parts.filter((part) => part.by === 'blocks' && (part.to ?? one.blocks) <= part.from)
        expect(empty).toEqual([])
      }),
    )
  })

  const limit = { major: 17, targetPartBytes: 100 * 8192, maxParts: 64 }

  test('are one where the table is small', () => {
    expect(planParts(ofBlocks(100), limit)).toEqual([{ by: 'all' }])
    expect(planParts(ofBlocks(0), limit)).toEqual([{ by: 'all' }])
  })

  test('are sized by heap and TOAST, and the last is open at its end', () => {
    expect(planParts(ofBlocks(100, { toastBytes: 200 * 8192 }), limit)).toEqual([
      { by: 'blocks', from: 0, to: 33 },
      { by: 'blocks', from: 33, to: 66 },
      { by: 'blocks', from: 66, to: undefined },
    ])
  })

  test('are one where the table is not a heap, or where the source is old and nothing is known of its key', () => {
    expect(planParts(ofBlocks(1000, { accessMethod: 'columnar' }), limit)).toEqual([{ by: 'all' }])
    expect(planParts(ofBlocks(1000), { ...limit, major: 13 })).toEqual([{ by: 'all' }])
  })

  test('are ranges of the key before PostgreSQL 14', () => {
    const bounds = { column: 'id', type: 'integer', values: ['10', '20'] }
    const key = { by: 'key', column: 'id', type: 'integer' }
    expect(planParts(ofBlocks(1000), { ...limit, major: 13 }, bounds)).toEqual([
      { ...key, from: undefined, to: '10' },
      { ...key, from: '10', to: '20' },
      { ...key, from: '20', to: undefined },
    ])
  })

  test('are none for what holds no rows of its own, and the rows of its condition for a configuration table', () => {
    for (const kind of ['partitioned', 'foreign', 'materialized-view'] as const) {
      expect(planParts(ofBlocks(1000, { kind }), limit)).toEqual([])
    }
    const extension = { name: 'e', configCondition: 'WHERE id > 5' }
    expect(planParts(ofBlocks(1000, { extension }), limit)).toEqual([{ by: 'condition', where: 'WHERE id > 5' }])
  })
})

describe('boundaries of a key', () => {
  const old = { major: 13, targetPartBytes: 100 * 8192, maxParts: 64 }

  test('are wanted for a large table of an old source with a key of one column of a plain type', () => {
    expect(wantsKeyBoundaries(ofBlocks(1000), old)).toEqual({ column: 'id', type: 'integer', parts: 10 })
    expect(wantsKeyBoundaries(ofBlocks(1000), { ...old, major: 14 })).toBeUndefined()
    expect(wantsKeyBoundaries(ofBlocks(100), old)).toBeUndefined()
    expect(wantsKeyBoundaries(ofBlocks(1000, { key: undefined }), old)).toBeUndefined()
    expect(wantsKeyBoundaries(ofBlocks(1000, { key: ['id', 'x'] }), old)).toBeUndefined()
    expect(wantsKeyBoundaries(ofBlocks(1000, { columns: [{ ...column, type: 'public.mood' }] }), old)).toBeUndefined()
  })

  test.each(['smallint', 'bigint', 'uuid', 'date', 'numeric(10,2)', 'timestamp(3) with time zone'])(
    'can be of %s',
    (type) => {
      expect(wantsKeyBoundaries(ofBlocks(1000, { columns: [{ ...column, type }] }), old)?.type).toBe(type)
    },
  )
})
