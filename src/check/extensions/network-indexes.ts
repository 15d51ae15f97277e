import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { listed } from '../names.ts'

/** From 19 on, inet_ops is the default, since btree_gist's classes give wrong answers at times (btree_gist manual of 19). */
const INET_OPS_BY_DEFAULT = 19

export const networkIndexes = check<{ name: string; classes: string[]; exclusion: boolean }>({
  id: 'X16',
  title: "No index uses btree_gist's operator classes for inet and cidr",
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  when: ({ target }) => target.major >= INET_OPS_BY_DEFAULT,
  source: loadSql(import.meta.url, 'network-indexes.sql'),
  assess: ({ source }, { target }) =>
    source.map(({ name, classes, exclusion }) => ({
      object: `index ${name}`,
      message: `It uses ${listed(classes)} of btree_gist. PostgreSQL ${String(target.major)} builds it with inet_ops in its place, which finds rows that the old one missed${exclusion ? ': the constraint may find rows that break it' : ''}.`,
      fix: {
        kind: 'advice',
        text: `Build it with inet_ops on the source now (CREATE INDEX ... USING gist (column inet_ops)), and see what changes.`,
      },
    })),
})
