import type { Entry } from '../archive/index.ts'
import { statementCost } from './costs.ts'
import { describe, type ObjectPlanning } from './planning.ts'
import { ownedSequences } from './selection.ts'
import { STAGES } from './step-list.ts'
import type { DefinitionWork, SqlWork } from './work.ts'

/**
 * Gives every object to its owner, then grants. Schemas come first with their grants, since a new owner of a table must
 * hold CREATE on its schema. A sequence of a column has no step of its own: it goes over with its table.
 */
export function planOwnersAndGrants(
  planning: ObjectPlanning,
  entries: readonly Entry[],
  grants: readonly Entry[],
): void {
  const schemas = entries.filter((entry) => entry.desc === 'SCHEMA')
  const ids = new Set(entries.map((entry) => entry.dumpId))
  const pairs = ownedSequences(planning.input.archive).filter(({ owner }) => ids.has(owner))
  const withTable = new Set(pairs.map(({ owned }) => owned))
  const others = entries.filter((entry) => entry.desc !== 'SCHEMA' && !withTable.has(entry.dumpId))
  const onSchemas = grants.filter((entry) => entry.tag.startsWith('SCHEMA '))
  for (const entry of schemas) planOwner(planning, entry)
  for (const statement of planning.input.grantsBefore) {
    planStatement(planning, { label: statement, kind: 'grants', work: { kind: 'sql', statements: [statement] } })
  }
  for (const entry of onSchemas) planGrants(planning, entry, 'owners')
  for (const entry of others) planOwner(planning, entry)
  for (const entry of grants.filter((entry) => !onSchemas.includes(entry))) planGrants(planning, entry, 'grants')
}

/**
 * The database comes before its objects: to own a publication a role needs CREATE on the database. One step a statement:
 * a setting that this server does not know must not keep the others away.
 */
export function planDatabase(planning: ObjectPlanning): void {
  for (const { label } of planning.input.database) {
    planStatement(planning, { label, kind: 'database', work: { kind: 'definition', of: label } })
  }
}

function planStatement(
  planning: ObjectPlanning,
  { label, kind, work }: { label: string; kind: 'database' | 'grants'; work: DefinitionWork | SqlWork },
): void {
  planning.list.add({
    kind,
    label,
    stage: STAGES.owners,
    cost: statementCost / 3,
    locks: [{ object: 'schema', mode: 'exclusive' }],
    batch: 'owners',
    work,
  })
}

function planOwner(planning: ObjectPlanning, entry: Entry): void {
  const statements = planning.input.restore.owner(entry)
  if (statements.length === 0) return
  planning.list.add({
    kind: 'owner',
    label: `owner of ${describe(entry)}`,
    stage: STAGES.owners,
    cost: statementCost / 3,
    dependsOn: planning.list.stepsOf([entry.dumpId]),
    locks: [{ object: 'schema', mode: 'exclusive' }],
    batch: 'owners',
    work: { kind: 'sql', statements },
  })
}

function planGrants(planning: ObjectPlanning, entry: Entry, stage: 'owners' | 'grants'): void {
  if (planning.input.restore.definition(entry).length === 0) return
  planning.list.add(
    {
      kind: 'grants',
      label: describe(entry),
      stage: STAGES[stage],
      cost: statementCost / 3,
      dependsOn: planning.list.stepsOf(entry.dependencies),
      locks: [{ object: 'schema', mode: 'exclusive' }],
      batch: stage,
      work: planning.definitions.work(entry),
    },
    entry.dumpId,
  )
}
