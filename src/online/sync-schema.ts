import type { Session, Side } from '../connection/index.ts'
import type { EntrySqlOptions } from '../archive/index.ts'
import { SourceSnapshot } from '../catalog/index.ts'
import { PgleapError } from '../errors.ts'
import { quotingFor, type CommonOptions } from '../migrate/index.ts'
import { dumpSchema } from '../pgdump/index.ts'
import { recogniseProvider } from '../provider/index.ts'
import type { SchemaSyncReport } from '../report/index.ts'
import { loadSql, qualified, quoteIdent } from '../sql.ts'
import { verify } from '../verify/index.ts'
import { addColumn, columnsOnlyIn, needsFilling, type AddedColumn, type ColumnRow } from './added-columns.ts'
import { addedObjects } from './added-objects.ts'
import { changeIdentities } from './change-identities.ts'
import { readDrift, rememberSchema, type SchemaChange } from './drift.ts'
import { drain, takeFence } from './fence.ts'
import { allInStep } from './hand-over.ts'
import { inTransaction } from './in-transaction.ts'
import { streamNames, type StreamNames } from './names.ts'
import { amend, theRecord, type OnlineRecord } from './record.ts'
import { otherSide, sidesOf, type Sides } from './sides.ts'
import { startLock } from './start-lock.ts'
import { changesFor, readTableRules, type RuledTable, type TableRule } from './table-rules.ts'

const COLUMNS = loadSql(import.meta.url, 'columns.sql')

/** ADD COLUMN waits for what the stream is applying, and the stream for it: not for ever. */
const LOCK_TIMEOUT_MS = 10_000

export interface OnlineSyncSchemaOptions extends CommonOptions {
  target: string
  /** @defaultValue the source of the record; its password comes from PGPASSWORD or the password file */
  source?: string
  /** `apply` makes on the side that follows what can be made without a doubt. @defaultValue 'show' */
  mode?: 'show' | 'apply'
}

interface Syncing {
  options: OnlineSyncSchemaOptions
  sides: Sides
  /** Holds the record. */
  keeper: Session
  active: Session
  passive: Session
  names: StreamNames
  record: OnlineRecord
}

/** What is to be done on the passive side. */
interface Work {
  early: { what: string; sql: string[] }[]
  late: { what: string; sql: string[] }[]
  byHand: SchemaSyncReport['byHand']
}

/**
 * Brings what DDL has added on the side that is written to over to the side that follows: tables (with their rows), columns,
 * indexes, constraints, views, functions and all else that only that side has. What was changed or dropped is named: which of
 * it may be repeated on the other side, only a person knows. When both sides are the same again, the drift is forgotten.
 *
 * @throws PgleapError `online.not-streaming`; what a server says to a statement (nothing of that half is kept then)
 */
export async function syncSchema(options: OnlineSyncSchemaOptions): Promise<SchemaSyncReport> {
  await using keeper = await sidesOf(options.target, options.target, options.signal).open('target', 'online record')
  await startLock(keeper, options.signal)
  const record = await theRecord(keeper)
  if (record.phase !== 'streaming') throw notStreaming()
  const sides = sidesOf(options.source ?? record.source.connection, options.target, options.signal)
  await using active = await sides.open(record.active, 'sync schema')
  await using passive = await sides.open(otherSide(record.active), 'sync schema')
  await passive.script('SET check_function_bodies = off; SET xmloption = content')
  const names = streamNames(record.id, record.active === 'source' ? 'forward' : 'back')
  const the: Syncing = { options, sides, keeper, active, passive, names, record }

  const changes = await readDrift(active, keeper)
  if (changes.length === 0) return { changes, steps: [], byHand: [], outcome: 'in step' }
  if (options.mode !== 'apply') {
    const { early, late, byHand } = await workFor(the)
    return { changes, steps: [...early, ...late], byHand: [...byHand, ...notAdded(changes)], outcome: 'shown' }
  }
  return await apply(the, changes)
}

async function apply(the: Syncing, changes: SchemaChange[]): Promise<SchemaSyncReport> {
  const { options, keeper, active, passive, names } = the
  const signal = options.signal ?? new AbortController().signal
  // Before it is dumped, since the copy of a table has the same replica identity.
  const added = await ruleNewTables(the)
  const work = await workFor(the)
  await make(passive, work.early)
  await publish(active, names, added)
  await passive.script(
    `ALTER SUBSCRIPTION ${quoteIdent(names.subscription)} REFRESH PUBLICATION WITH (copy_data = true)`,
  )
  await allInStep(passive, names, { signal, onEvent: options.onEvent })
  // What holds for all rows on the one side holds on the other once it has them.
  await drain(active, names.slot, await takeFence(active), signal)
  await make(passive, work.late)
  const different = await differences(the)
  if (different.length === 0) await rememberSchema(active, keeper)
  const steps = [...work.early, ...work.late]
  const byHand = [...work.byHand, ...different]
  return { changes, steps, byHand, outcome: different.length === 0 ? 'in step' : 'by hand' }
}

async function make(passive: Session, steps: readonly { sql: string[] }[]): Promise<void> {
  if (steps.length === 0) return
  await inTransaction(passive, async () => {
    await passive.script(`SET LOCAL lock_timeout = ${String(LOCK_TIMEOUT_MS)}`)
    for (const { sql } of steps) for (const statement of sql) await passive.script(statement)
  })
}

/** Decides for tables that the record does not know, writes that down, and forgets those that are gone. */
async function ruleNewTables(the: Syncing): Promise<RuledTable[]> {
  const { options, sides, keeper, active, passive } = the
  const provider = await recogniseProvider(active, sides[active.side].hosts[0]?.host)
  const { ruled } = await readTableRules(active, { source: { major: active.major, provider }, target: passive })
  const now = new Map(ruled.map((table) => [keyOf(table.rule), table]))
  const known = new Set(the.record.tables.map(keyOf))
  const added = ruled.filter(({ rule }) => !known.has(keyOf(rule)))
  the.record = await amend(keeper, the.record, {
    tables: [...the.record.tables.filter((table) => now.has(keyOf(table))), ...added.map(({ rule }) => rule)],
    changes: [...the.record.changes, ...changesFor(added)],
  })
  await changeIdentities(
    active,
    added.flatMap(({ change }) => change ?? []),
    options,
  )
  // A table of the record may not be published yet, where an earlier call broke.
  return the.record.tables.map((rule) => now.get(keyOf(rule))).filter((table) => table !== undefined)
}

function keyOf({ schema, name }: TableRule): string {
  return qualified(schema, name)
}

async function publish(active: Session, names: StreamNames, tables: readonly RuledTable[]): Promise<void> {
  const published = await active.query<{ publication: string; table: string }>(
    `SELECT p.pubname::text AS publication, pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table"
     FROM pg_catalog.pg_publication_rel r
     JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
     JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE p.pubname = ANY ($1)`,
    [[names.publication, names.truncates]],
  )
  const known = new Set(published.map(({ publication, table }) => `${publication} ${table}`))
  for (const { rule } of tables) {
    const publication =
      rule.rule === 'streamed' ? names.publication : rule.truncate === undefined ? undefined : names.truncates
    if (publication === undefined) continue
    const [plainName] = await active.query<{ name: string }>(
      "SELECT pg_catalog.format('%I.%I', $1::text, $2::text) AS name",
      [rule.schema, rule.name],
    )
    if (known.has(`${publication} ${plainName?.name ?? ''}`)) continue
    await active.script(`ALTER PUBLICATION ${quoteIdent(publication)} ADD TABLE ONLY ${keyOf(rule)}`)
  }
}

/** Compares both catalogs: what the active side has and the passive has not. */
async function workFor({ options, sides, active, passive, record }: Syncing): Promise<Work> {
  const dump = (side: Side) =>
    dumpSchema({
      source: sides[side],
      open: () => sides.open(side, 'pg_dump'),
      quote: quotingFor(active.major, passive.major),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  const columns = await addedColumns(active, passive)
  const ofNewColumns = new Set(columns.map(({ column }) => `${column.schema} ${column.table} ${column.name}`))
  const ofByHand = new Set(columns.flatMap(({ kind, column }) => (kind === 'by hand' ? (column.sequences ?? []) : [])))
  const objects = addedObjects(
    await dump(active.side),
    await dump(passive.side),
    entryOptions(record, active.side),
    ({ desc, namespace, tag }) =>
      (desc === 'DEFAULT' && ofNewColumns.has(`${namespace ?? ''} ${tag}`)) ||
      (desc.startsWith('SEQUENCE') && ofByHand.has(`${namespace ?? ''}.${tag}`)),
  )
  const work: Work = { early: [], late: [], byHand: [] }
  // Types, functions and tables may be what a column's default needs, and a view may need a column: columns come in between.
  const early = objects.filter(({ when }) => when === 'early')
  work.early.push(...early.filter(({ what }) => isForColumns(what)))
  for (const added of columns) {
    if (added.kind === 'by hand') {
      work.byHand.push({ what: whatOf(added.column), why: added.why })
      continue
    }
    work.early.push({ what: whatOf(added.column), sql: added.early })
    if (added.late.length > 0)
      work.late.push({ what: `default and NOT NULL of ${whatOf(added.column)}`, sql: added.late })
  }
  work.early.push(...early.filter(({ what }) => !isForColumns(what)))
  work.late.push(...objects.filter(({ when }) => when === 'late'))
  return work
}

async function addedColumns(active: Session, passive: Session): Promise<AddedColumn[]> {
  const added: AddedColumn[] = []
  for (const column of columnsOnlyIn(await columnsOf(active, passive.major), await columnsOf(passive, active.major))) {
    const filled = needsFilling(column) && (await isFilled(active, column))
    added.push(addColumn(column, filled ? 'filled' : 'not filled'))
  }
  return added
}

/** Reads the table until it finds a NULL. */
async function isFilled(active: Session, { schema, table, name }: ColumnRow): Promise<boolean> {
  const rows = `SELECT FROM ${qualified(schema, table)}`
  const [row] = await active.query<{ filled: boolean }>(
    `SELECT EXISTS (${rows}) AND NOT EXISTS (${rows} WHERE ${quoteIdent(name)} IS NULL) AS filled`,
  )
  return row?.filled === true
}

/** Types and expressions are written by the server, which quotes by itself what is a keyword to it, and not to the other side. */
async function columnsOf(session: Session, otherMajor: number): Promise<ColumnRow[]> {
  if (quotingFor(session.major, otherMajor) === 'needed') return session.query<ColumnRow>(COLUMNS)
  await session.script('SET quote_all_identifiers = on')
  const columns = await session.query<ColumnRow>(COLUMNS)
  await session.script('RESET quote_all_identifiers')
  return columns
}

function whatOf({ schema, table, name }: ColumnRow): string {
  return `column ${schema}.${table}.${name}`
}

function isForColumns(what: string): boolean {
  return !/^(?:view|materialized view|rule|sequence owned by) /u.test(what)
}

/** The record maps the source's roles to the target's; the way back is the other way round. */
function entryOptions({ choices }: OnlineRecord, active: Side): EntrySqlOptions {
  const { owners, privileges, tablespaces, roleMap } = choices
  const pairs = Object.entries(roleMap)
  return {
    owners,
    privileges,
    tablespaces,
    roleMap: new Map(active === 'source' ? pairs : pairs.map(([from, to]) => [to, from])),
    subscriptions: 'skip',
  }
}

/** What the two schemas do not have in common after all, one line an object. */
async function differences({ options, sides, active, passive, record }: Syncing): Promise<SchemaSyncReport['byHand']> {
  const { signal } = options
  await using source = await SourceSnapshot.take(() => sides.open('source', 'verify'), { signal })
  await using target = await SourceSnapshot.take(() => sides.open('target', 'verify'), { signal })
  const dump = (side: Side, snapshot: string) =>
    dumpSchema({
      source: sides[side],
      open: () => sides.open(side, 'pg_dump'),
      snapshot,
      quote: quotingFor(active.major, passive.major),
    })
  const { owners, privileges, tablespaces, roleMap } = record.choices
  const result = await verify({
    source,
    target,
    includeRows: () => false,
    includeSequence: () => false,
    schema: {
      source: await dump('source', source.exported),
      target: await dump('target', target.exported),
      tablespaces,
    },
    roles: { owners, privileges, roleMap: new Map(Object.entries(roleMap)) },
    signal,
  })
  return result.schema
    .filter(({ verdict }) => verdict !== 'SAME')
    .map(({ object, detail = 'the two sides differ' }) => ({ what: object, why: detail }))
}

/** What nobody but a person can judge: shown before anything is tried. */
function notAdded(changes: readonly SchemaChange[]): SchemaSyncReport['byHand'] {
  return changes
    .filter(({ change, kind }) => change !== 'added' && kind !== 'owner and grants of')
    .map(({ change, kind, name }) => ({
      what: `${kind} ${name}`,
      why: `it was ${change}: repeat that on the other side by hand, if the rows that are still on their way allow it`,
    }))
}

function notStreaming(): PgleapError {
  return new PgleapError({
    code: 'online.not-streaming',
    message: 'No stream runs now: the copy or a switch has not come to its end.',
    hint: 'Run that command again first; it goes on where it was.',
    party: 'usage',
  })
}
