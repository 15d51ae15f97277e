import { loadSql, quoteIdent } from '../../sql.ts'
import { check } from '../check.ts'
import { statements } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface NameTaken extends ObjectRow {
  kind: 'TABLE' | 'DOMAIN'
  /** As it is, not quoted. */
  constraint: string
  since: number
}

/** A NOT NULL is a constraint with a name from 18 on (AddRelationNotNullConstraints, heap.c), a domain's from 17 on. */
export const notNullNames = check<NameTaken>({
  id: 'O45',
  title: 'No constraint has the name that a NOT NULL gets on the target',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 17) || crosses(pair, 18),
  source: loadSql(import.meta.url, 'not-null-names.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ since }) => crosses(pair, since))
      .map(({ name, kind, constraint }) => {
        const rename = (from: string, to: string) =>
          statements(`ALTER ${kind} ${name} RENAME CONSTRAINT ${quoteIdent(from)} TO ${quoteIdent(to)}`)
        const other = constraint.replace(/_not_null$/, '_no_null')
        return {
          object: `${name}.${constraint}`,
          message: `In ${target(pair)} a NOT NULL is a constraint, too, and gets this very name when the ${kind.toLowerCase()} is created: "constraint already exists" when this one follows.`,
          fix: { kind: 'sql', side: 'source', sql: rename(constraint, other), undo: rename(other, constraint) },
        }
      }),
})

interface MixedCollations extends ObjectRow {
  constraint: string
  column: string
  collation: string
  other: string
  other_collation: string
}

/** Release notes of 18, migration: key columns compare alike, or both deterministically (ATAddForeignKeyConstraint, tablecmds.c). */
export const foreignKeyCollations = check<MixedCollations>({
  id: 'O46',
  title: 'No foreign key mixes collations of which one is nondeterministic',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => pair.source.major >= 12 && crosses(pair, 18),
  source: loadSql(import.meta.url, 'foreign-key-collations.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, constraint, column, collation, other, other_collation: otherCollation }) => ({
      object: `${name}.${constraint}`,
      message: `Its column ${column} has the collation ${collation}, and ${other} has ${otherCollation}; one of them is nondeterministic. ${target(pair)} cannot create such a foreign key.`,
      fix: {
        kind: 'advice',
        text: `Give both columns the same collation on the source (ALTER TABLE ... ALTER COLUMN ... TYPE ... COLLATE ...; it rebuilds their indexes), or drop the foreign key.`,
      },
    })),
})

/** DefineRange and makeMultirangeTypeName, typecmds.c: from 14 on a range type brings a multirange type of a name made from its own. */
export const multirangeNames = check<ObjectRow & { multirange: string; taken_by: string }>({
  id: 'O47',
  title: 'No type or table has the name of a range type\u2019s multirange',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 14),
  source: loadSql(import.meta.url, 'multirange-names.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, multirange, taken_by: takenBy }) => ({
      object: `type ${name}`,
      message: `With this range type ${target(pair)} creates a multirange type ${multirange}, and ${takenBy} has that name already: whichever comes second cannot be created.`,
      fix: { kind: 'advice', text: `Rename ${takenBy}, or the range type, on the source.` },
    })),
})
