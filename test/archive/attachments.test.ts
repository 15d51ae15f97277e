import { expect, test } from 'vitest'
import { withAttachments } from '../../src/archive/index.ts'
import { archiveOf, entryOf } from './sample.ts'

const PARENT = entryOf({
  dumpId: 3,
  tag: 'Orders;',
  defn: 'CREATE TABLE shop."Orders;" (id integer)\nPARTITION BY RANGE (id);\n',
})
const CREATE = `

CREATE TABLE shop.orders_1 (
    id integer DEFAULT length('ALTER TABLE ONLY x ATTACH PARTITION y;'::text)
);
`
const ATTACH = `ALTER TABLE ONLY shop."Orders;" ATTACH PARTITION shop.orders_1 FOR VALUES FROM (1) TO (2);\n`
const FORCE = 'ALTER TABLE ONLY shop.orders_1 FORCE ROW LEVEL SECURITY;\n'
const partition = entryOf({ dumpId: 7, tag: 'orders_1', dependencies: [3, 40], defn: `${CREATE}${ATTACH}\n${FORCE}` })
const other = entryOf({ dumpId: 9, tag: 'other', defn: CREATE.replace('orders_1', 'other') })

test('partitions that an old pg_dump attached within their own entry are attached by entries of their own', () => {
  const { entries } = withAttachments(archiveOf([PARENT, partition, other]))
  expect(entries).toHaveLength(4)
  expect(entries[0]).toEqual(PARENT)
  expect(entries[1]).toEqual({ ...partition, defn: `${CREATE.trimEnd()}\n\n${FORCE}` })
  expect(entries[2]).toMatchObject({
    dumpId: 41,
    desc: 'TABLE ATTACH',
    tag: 'orders_1',
    namespace: 'shop',
    owner: 'anna',
    section: 'pre-data',
    defn: ATTACH,
    dropStmt: '',
    dependencies: [3, 7],
  })
  expect(entries[3]).toEqual(other)
})

test('a partition whose parent is not in the archive, and archives of newer pg_dumps, are taken as they are', () => {
  const alone = withAttachments(archiveOf([{ ...partition, dependencies: [] }])).entries
  expect(alone.map(({ desc, dependencies }) => [desc, dependencies])).toEqual([
    ['TABLE', []],
    ['TABLE ATTACH', [7]],
  ])
  const newer = archiveOf([PARENT, other, entryOf({ dumpId: 10, desc: 'TABLE ATTACH', defn: ATTACH })])
  expect(withAttachments(newer)).toEqual(newer)
})
