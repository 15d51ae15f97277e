import { formatBytes } from '../units.ts'
import type { Endpoint } from './result.ts'
import { describeEndpoint } from './summary.ts'
import { clip, columns, fields, oneLine, paragraphs } from './text.ts'
import type { Style } from './text.ts'

/** What `online start` would do with each table, and with what is no table. Plain data without secrets. */
export interface OnlinePlanReport {
  source: Endpoint
  target: Endpoint
  tables: OnlinePlannedTable[]
  /** Relations whose rows do not travel, and other kinds of objects, with what becomes of them. */
  others: { what: string; rule: string }[]
}

export interface OnlinePlannedTable {
  table: string
  bytes: number
  /** `streamed`: by logical replication. `paused`: copied anew while writes are stopped. */
  rule: 'streamed' | 'paused'
  why: string
  /** What is changed on the source before it is published, and set back at the end. */
  change?: string
}

/** For people. */
export function onlinePlanText(plan: OnlinePlanReport, style: Style): string {
  const rows = plan.tables.map(({ table, rule, bytes, why }) => [
    clip(oneLine(table), 48),
    rule,
    formatBytes(bytes),
    oneLine(why),
  ])
  const changes = plan.tables.flatMap(({ change }) => change ?? [])
  return paragraphs([
    [style('strong', 'Plan of an online migration; nothing has been changed')],
    fields(
      [
        ['source', describeEndpoint(plan.source)],
        ['target', describeEndpoint(plan.target)],
      ],
      style,
    ),
    [
      style('faint', '  tables: streamed as they are written to, or copied while writes are paused'),
      ...columns(rows, ['left', 'left', 'right', 'left']).map((line) => `    ${line}`),
    ],
    plan.others.map(({ what, rule }) => `  ${oneLine(what)}: ${oneLine(rule)}`),
    changes.length === 0
      ? []
      : [
          style('faint', '  changed on the source, and set back at the end'),
          ...changes.map((sql) => `    ${oneLine(sql)}`),
        ],
  ])
}

/** What `online sync-schema` found and did. Plain data without secrets. */
export interface SchemaSyncReport {
  /** What DDL has changed on the side that is written to. */
  changes: { change: 'added' | 'changed' | 'dropped'; kind: string; name: string }[]
  /** What makes the same of the other side, in this order. */
  steps: { what: string; sql: string[] }[]
  /** What a person has to do on the other side. */
  byHand: { what: string; why: string }[]
  /** `in step`: both sides have the same schema. */
  outcome: 'in step' | 'shown' | 'by hand'
}

/** For people. */
export function schemaSyncText({ changes, steps, byHand, outcome }: SchemaSyncReport, style: Style): string {
  const heads = {
    'in step': changes.length === 0 ? 'The schema has not changed' : 'Both sides have the same schema again',
    shown: 'The schema has changed; nothing was done about it yet',
    'by hand': 'The schema has changed, and there is something to do by hand',
  }
  return paragraphs([
    [style('strong', heads[outcome])],
    changes.map(({ change, kind, name }) => `  ${change}  ${kind} ${oneLine(name)}`),
    steps.flatMap(({ what, sql }) => [
      `  ${style('faint', oneLine(what))}`,
      ...sql.flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')).map((line) => `    ${line}`),
    ]),
    byHand.map(({ what, why }) => `  ${style('care', 'by hand')}  ${oneLine(what)}: ${oneLine(why)}`),
    byHand.length === 0
      ? []
      : [
          '  The side that follows is closed to writes: SET default_transaction_read_only = off in the session that does it.',
        ],
    outcome === 'shown' ? fields([['next', '--apply does it on the side that follows.']], style) : [],
  ])
}
