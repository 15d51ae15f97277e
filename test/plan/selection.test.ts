import { describe, expect, it } from 'vitest'
import type { Archive, Entry } from '../../src/archive/index.ts'
import { selectEntries, type Filters } from '../../src/plan/selection.ts'

const NONE: Filters = { include: [], exclude: [], excludeData: [] }

function entry(dumpId: number, desc: string, tag: string, dependencies: number[] = [], defn = ''): Entry {
  return {
    dumpId,
    catalogOid: { table: 1259, object: 1000 + dumpId },
    tag,
    desc,
    section: 'pre-data',
    defn,
    dropStmt: '',
    copyStmt: '',
    namespace: 'public',
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: undefined,
    dependencies,
    hadDumper: false,
    data: undefined,
  }
}

const entries = [
  entry(1, 'TYPE', 'mood'),
  entry(2, 'TABLE', 'parent'),
  entry(3, 'TABLE', 'part_one'),
  entry(4, 'TABLE ATTACH', 'part_one', [2, 3]),
  entry(5, 'TABLE', 'orders', [1]),
  entry(6, 'SEQUENCE', 'orders_id_seq'),
  entry(7, 'SEQUENCE OWNED BY', 'orders_id_seq', [6, 5]),
  entry(8, 'TABLE', 'child', [5], 'CREATE TABLE public.child (\n)\nINHERITS (public.orders);'),
  entry(9, 'VIEW', 'order_view', [5]),
  entry(10, 'INDEX', 'orders_idx', [5]),
  entry(11, 'FK CONSTRAINT', 'parent parent_fk', [2, 5]),
  entry(12, 'FUNCTION', 'f()'),
]
const archive: Archive = {
  format: 'custom',
  version: { major: 1, minor: 16, revision: 0 },
  compression: 'none',
  createdAt: new Date(0),
  database: 'app',
  serverVersion: '17',
  pgDumpVersion: '18',
  entries,
}

const kept = (filters: Partial<Filters>) =>
  selectEntries(archive, { ...NONE, ...filters }).entries.map(({ dumpId }) => dumpId)

describe('selection of entries', () => {
  it('keeps everything where no filter is given', () => {
    expect(kept({})).toEqual(entries.map(({ dumpId }) => dumpId))
  })

  it('keeps an included table with its children, owned sequence and index, and everything that is no relation', () => {
    expect(kept({ include: ['orders'] })).toEqual([1, 5, 6, 7, 8, 10, 12])
  })

  it('takes partitions along with their parent', () => {
    expect(kept({ include: ['parent'] })).toEqual([1, 2, 3, 4, 12])
    expect(kept({ exclude: ['parent'] })).not.toContain(3)
  })

  it('leaves out what depends on an excluded table, and says so for what stands by itself', () => {
    const selection = selectEntries(archive, { ...NONE, exclude: ['orders'] })
    expect(selection.entries.map(({ dumpId }) => dumpId)).toEqual([1, 2, 3, 4, 12])
    expect(selection.leftOut.map(({ dumpId }) => dumpId)).toEqual([9, 11])
  })

  it('keeps tables without their rows where only the data is excluded', () => {
    const selection = selectEntries(archive, { ...NONE, excludeData: ['parent'] })
    expect(selection.entries).toHaveLength(entries.length)
    expect(selection.withoutData).toEqual(new Set([1002, 1003]))
  })

  it.each(['include', 'exclude', 'excludeData'] as const)('refuses an %s pattern that matches nothing', (kind) => {
    expect(() => selectEntries(archive, { ...NONE, [kind]: ['nosuch'] })).toThrow(
      expect.objectContaining({ code: 'filter.unmatched' }),
    )
  })
})
