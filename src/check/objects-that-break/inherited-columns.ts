import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding } from '../check.ts'
import { statements } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'

interface InheritedColumn {
  schema: string
  child: string
  parent: string
  column_name: string
  is_partition: boolean
  may_be_null: boolean
  is_generated: boolean
  parent_is_generated: boolean
  /** pg_attribute.attidentity: 'a' always, 'd' by default, '' none. */
  identity: string
  parent_identity: string
  /** Null where it gave no number yet, or where the sequence may not be read. */
  next_identity: number | null
}

const INHERITED_COLUMNS = loadSql(import.meta.url, 'inherited-columns.sql')

const columnOf = ({ child, column_name: column }: InheritedColumn) => `${child}.${column}`
const altered = ({ child, column_name: column }: InheritedColumn, how: string) =>
  statements(`ALTER TABLE ${child} ALTER COLUMN ${column} ${how}`)

/**
 * check_for_not_null_inheritance of pg_upgrade's check.c. Up to 17 a child could lose what it inherits; CREATE TABLE ... INHERITS gives it
 * back on every major, so that rows with NULL fail when they are copied. A source of 18 keeps them in step.
 */
export const notNullChildren = check<InheritedColumn>({
  id: 'O08',
  title: 'No child table may hold NULL where its parent may not',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => pair.source.major < 18,
  source: INHERITED_COLUMNS,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter((row) => row.may_be_null)
      .map((row) => ({
        object: columnOf(row),
        message: `It may hold NULL, but is NOT NULL in its parent ${row.parent}. On the target the child inherits NOT NULL, and copying a row with NULL in it fails.`,
        fix: {
          kind: 'sql',
          side: 'source',
          sql: altered(row, 'SET NOT NULL'),
          undo: altered(row, 'DROP NOT NULL'),
        },
      })),
})

/** MergeChildAttribute and MergeAttributesIntoExisting, tablecmds.c: an error from 16 on. */
export const generatedChildren = check<InheritedColumn>({
  id: 'O43',
  title: 'No column is generated in a child table alone',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 16),
  source: INHERITED_COLUMNS,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter((row) => row.is_generated && !row.parent_is_generated)
      .map((row) => ({
        object: columnOf(row),
        message: `It is generated, and in its parent ${row.parent} it is not. Since PostgreSQL 16 both have to be: ${target(pair)} cannot ${row.is_partition ? 'attach the partition' : 'create the child table'}.`,
        fix: {
          kind: 'advice',
          text: `On the source, make it a plain column that a trigger fills (ALTER TABLE ${row.child} ALTER COLUMN ${row.column_name} DROP EXPRESSION; its values stay), or end the inheritance.`,
        },
      })),
})

/** "table being attached contains an identity column" (ATExecAttachPartition, tablecmds.c), from 17 on. */
export const identityPartitions = check<InheritedColumn>({
  id: 'O44',
  title: 'No partition has an identity column of its own',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 17),
  source: INHERITED_COLUMNS,
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter((row) => row.is_partition && row.identity !== '')
      .map((row): NewFinding => identityPartition(row, target(pair))),
})

function identityPartition(row: InheritedColumn, on: string): NewFinding {
  const generated = row.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'
  const start = row.next_identity === null ? '' : ` (START WITH ${String(row.next_identity)})`
  return {
    object: columnOf(row),
    message: `It is an identity column of the partition itself. Since PostgreSQL 17 those belong to the partitioned table (${row.parent}): ${on} cannot attach the partition.`,
    fix: {
      kind: 'sql',
      side: 'source',
      sql: altered(row, 'DROP IDENTITY'),
      undo: altered(row, `ADD GENERATED ${generated} AS IDENTITY${start}`),
    },
  }
}
