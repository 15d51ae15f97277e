import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { EVERY_COPY, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface CarriedType extends ObjectRow {
  /** As the column has it: `public.money_row[]`. */
  declared: string
  /** The built-in type inside that it is about. */
  type: string
  kind: 'removed' | 'row' | 'name' | 'oid' | 'position'
  has_large_objects: boolean
}

const CARRIED_TYPES = loadSql(import.meta.url, 'carried-types.sql')

/** The first major without each (release notes of 12 and 13); `opaque` only ever was a function's type. */
const REMOVED_IN: Readonly<Record<string, number>> = { abstime: 12, reltime: 12, tinterval: 12, smgr: 12, opaque: 13 }

const INSTEAD: Readonly<Record<string, string>> = {
  abstime: 'timestamptz',
  reltime: 'interval',
  tinterval: 'tstzrange',
  opaque: 'trigger, or the pseudo-type that is meant (cstring, internal, language_handler)',
}

/** CREATE fails on the target; release notes of 12 and 13, data_types_usage_checks of pg_upgrade's check.c. */
export const removedTypes = check<CarriedType>({
  id: 'O01',
  title: 'No column or function has a type that the target does not know',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => pair.source.major < 13,
  source: CARRIED_TYPES,
  assess: ({ source }, pair) => travelling(source, pair).flatMap((row) => removedType(row, pair)),
})

/** Exported for its test: no server of the test kit is old enough. */
export function removedType({ name, type, kind }: CarriedType, pair: Pair): NewFinding[] {
  const gone = REMOVED_IN[type]
  if (kind !== 'removed' || gone === undefined || pair.source.major >= gone || pair.target.major < gone) return []
  const instead = INSTEAD[type]
  const change = instead === undefined ? 'Drop it' : `Change it to ${instead}`
  return [
    {
      object: name,
      message: `It has the type ${type}, which was removed in PostgreSQL ${String(gone)}: ${target(pair)} cannot create it.`,
      fix: { kind: 'advice', text: `${change} on the source, before the migration.` },
    },
  ]
}

/** A row's text has the columns of the source's catalog, and the target's catalog has others. */
export const catalogRows = check<CarriedType>({
  id: 'O03',
  title: 'No table keeps rows of system catalogs',
  severity: 'error',
  paths: EVERY_COPY,
  when: (pair) => pair.source.major !== pair.target.major,
  source: CARRIED_TYPES,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ kind }) => kind === 'row')
      .map(({ name, declared, type }) => ({
        object: name,
        message: `Its type ${declared} holds rows of the catalog ${type}, whose columns may differ between PostgreSQL ${String(pair.source.major)} and ${String(pair.target.major)}: then copying its values fails ("malformed record literal", "invalid input syntax").`,
        fix: {
          kind: 'advice',
          text: 'Keep the values as jsonb (to_jsonb of the column), or the few columns that you need.',
        },
      })),
})

/** OIDs and positions in the log are a server's own; pg_upgrade refuses most of the reg* types for the same reason. */
export const serverOwnValues = check<CarriedType>({
  id: 'O04',
  title: 'No column holds OIDs, transaction ids or log positions of the source',
  severity: 'warning',
  paths: EVERY_COPY,
  source: CARRIED_TYPES,
  assess: ({ source }, pair) => travelling(source, pair).flatMap(serverOwnValue),
})

function serverOwnValue({ name, type, kind, has_large_objects: hasLargeObjects }: CarriedType): NewFinding[] {
  if (kind === 'name') {
    return [
      {
        object: name,
        message: `Values of ${type} travel as names. Each name has to exist on the target when this table is copied: one of an index or of a dropped object fails the copy.`,
        fix: { kind: 'advice', text: `Look at its values; where they name indexes, keep them as text.` },
      },
    ]
  }
  if (kind === 'oid' && hasLargeObjects) {
    return [
      {
        object: name,
        severity: 'info',
        message:
          'It holds OIDs. Those of large objects stay valid, as pgleap keeps them; those of anything else do not.',
        fix: { kind: 'advice', text: 'Find out which it holds; where it names tables or roles, keep their names.' },
      },
    ]
  }
  if (kind !== 'oid' && kind !== 'position') return []
  const what =
    type === 'oid' ? 'OIDs of the source, which name other objects, or none, on the target' : `${type} values`
  return [
    {
      object: name,
      message: `It holds ${what}${type === 'oid' ? '' : ', which count the source server\u2019s own transactions, log or rows'}. They arrive unchanged, and mean nothing there.`,
      fix: {
        kind: 'advice',
        text: 'Find out what reads it. Keep names in place of OIDs, and times in place of positions.',
      },
    },
  ]
}
