import { expect, test } from 'vitest'
import { stagesOf, type Entry } from '../../src/archive/index.ts'
import { archiveOf, plainEntry } from './sample.ts'

function stages(entries: Partial<Entry>[]): Record<string, string | undefined> {
  const numbered = entries.map((fields, i) => plainEntry({ dumpId: i + 1, ...fields }))
  const found = stagesOf(archiveOf(numbered))
  return Object.fromEntries(numbered.map((entry) => [`${entry.desc} ${entry.tag}`, found.get(entry.dumpId)]))
}

test('entries run in the passes of pg_restore', () => {
  expect(
    stages([
      { desc: 'ENCODING', tag: 'ENCODING' },
      { desc: 'DATABASE PROPERTIES', tag: 'shop' },
      { desc: 'ACL', tag: 'DATABASE shop', section: 'none' },
      { desc: 'TABLE', tag: 't' },
      { desc: 'ACL', tag: 'TABLE t', section: 'none' },
      { desc: 'DEFAULT ACL', tag: 'x' },
      { desc: 'BLOB', tag: '5' },
      { desc: 'COMMENT', tag: 'LARGE OBJECT 5', section: 'none' },
      { desc: 'TABLE DATA', tag: 't', section: 'data' },
      { desc: 'STATISTICS DATA', tag: 't', section: 'data' },
      { desc: 'INDEX', tag: 'i', section: 'post-data' },
      { desc: 'EVENT TRIGGER', tag: 'e', section: 'post-data' },
      { desc: 'COMMENT', tag: 'EVENT TRIGGER e', section: 'none' },
      { desc: 'SECURITY LABEL', tag: 'EVENT TRIGGER e', section: 'none' },
      { desc: 'MATERIALIZED VIEW DATA', tag: 'm', section: 'post-data' },
      { desc: 'STATISTICS DATA', tag: 'm', section: 'post-data' },
      { desc: 'KIND OF THE FUTURE', tag: 'f', section: 'post-data' },
    ]),
  ).toEqual({
    'ENCODING ENCODING': 'never',
    'DATABASE PROPERTIES shop': 'never',
    'ACL DATABASE shop': 'never',
    'TABLE t': 'pre-data',
    'ACL TABLE t': 'acl',
    'DEFAULT ACL x': 'acl',
    'BLOB 5': 'data',
    'COMMENT LARGE OBJECT 5': 'data',
    'TABLE DATA t': 'data',
    'STATISTICS DATA t': 'data',
    'INDEX i': 'post-data',
    'EVENT TRIGGER e': 'late',
    'COMMENT EVENT TRIGGER e': 'late',
    'SECURITY LABEL EVENT TRIGGER e': 'late',
    'MATERIALIZED VIEW DATA m': 'late',
    'STATISTICS DATA m': 'late',
    'KIND OF THE FUTURE f': 'post-data',
  })
})

test('a comment runs with what it is about, wherever it stands; one about nothing in the archive, where it stands', () => {
  expect(
    stages([
      { desc: 'TABLE', tag: 't', dumpId: 10 },
      { desc: 'COMMENT', tag: 'EXTENSION x', section: 'none' },
      { desc: 'INDEX', tag: 'i', section: 'post-data', dumpId: 11 },
      { desc: 'COMMENT', tag: 'INDEX i', section: 'none', dependencies: [11, 10] },
      { desc: 'COMMENT', tag: 'TABLE t', section: 'none', dependencies: [10] },
      { desc: 'COMMENT', tag: 'EXTENSION y', section: 'none', dependencies: [99] },
    ]),
  ).toMatchObject({
    'COMMENT EXTENSION x': 'pre-data',
    'COMMENT INDEX i': 'post-data',
    'COMMENT TABLE t': 'pre-data',
    'COMMENT EXTENSION y': 'post-data',
  })
})
