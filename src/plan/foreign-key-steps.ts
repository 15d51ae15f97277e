import type { Entry } from '../archive/index.ts'
import type { ForeignKeyFacts, TableFacts } from '../catalog/index.ts'
import type { Lock } from '../engine/index.ts'
import { quoteIdent } from '../sql.ts'
import { statementCost, validateCost } from './costs.ts'
import { bytesOf, planObject, tableName, type Planning } from './planning.ts'
import { quoted } from './restore.ts'
import { STAGES } from './step-list.ts'

/** Keys whose check is cheaper than this, in milliseconds, are added and checked in one statement, many to a transaction. */
const AT_ONCE_MS = 20

/**
 * A foreign key of large tables goes in NOT VALID, which takes a moment, and is validated by a step of its own: that
 * takes only SHARE UPDATE EXCLUSIVE on its table, so keys of several tables are checked at the same time.
 */
export function planForeignKey(planning: Planning, entry: Entry): void {
  const key = planning.foreignKeys.get(entry.catalogOid.object)
  const table = key && planning.tables.get(key.tableOid)
  const referenced = key && planning.tables.get(key.referencedOid)
  if (key === undefined || table === undefined || referenced === undefined) return planObject(planning, entry, 'data')

  const { list } = planning
  const cost = key.validated ? validateCost(bytesOf(table), bytesOf(referenced)) : statementCost
  const split = key.plain && key.validated && key.enforced && !key.temporal && cost > AT_ONCE_MS
  const label = `foreign key ${key.name} on ${tableName(table)}`
  // ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables.
  const locks: Lock[] = [...new Set([table.oid, referenced.oid])].map((oid) => ({
    object: `table:${String(oid)}`,
    mode: 'exclusive',
  }))
  const add = list.add(
    {
      kind: 'foreign-key',
      label,
      table: tableName(table),
      stage: STAGES.data,
      cost: split ? statementCost : cost,
      dependsOn: [
        ...list.stepsOf(entry.dependencies),
        ...(planning.copies.get(table.oid) ?? []),
        ...(planning.copies.get(referenced.oid) ?? []),
      ],
      locks,
      ...(split || cost > AT_ONCE_MS ? {} : { batch: 'foreign-key' }),
      work: split ? { kind: 'sql', statements: [notValidSql(key, table)] } : planning.definitions.work(entry),
    },
    split ? undefined : entry.dumpId,
  )
  if (!split) return
  list.add(
    {
      kind: 'validate',
      label: `validate ${label}`,
      table: tableName(table),
      stage: STAGES.data,
      cost,
      dependsOn: [add],
      locks: [{ object: `table:${String(table.oid)}`, mode: 'exclusive' }],
      work: { kind: 'sql', statements: [`ALTER TABLE ${quoted(table)} VALIDATE CONSTRAINT ${quoteIdent(key.name)}`] },
    },
    entry.dumpId,
  )
}

function notValidSql({ name, definition }: ForeignKeyFacts, table: TableFacts): string {
  return `ALTER TABLE ONLY ${quoted(table)} ADD CONSTRAINT ${quoteIdent(name)} ${definition} NOT VALID`
}
