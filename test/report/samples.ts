import type { Event, RunReport, StepRef } from '../../src/report/index.ts'

/** A step as the engine names it. */
export function step(id: number, label: string, bytes = 0, table = 'public.orders', cost = 1000): StepRef {
  return { id, kind: bytes > 0 ? 'copy' : 'index', label, table, bytes, cost }
}

const copyOrders = step(1, 'copy public.orders', 8_000_000, 'public.orders', 8000)
const copyItems = step(2, 'copy public.items', 2_000_000, 'public.items', 2000)
const index = step(3, 'create index public.orders_customer_idx', 0, 'public.orders', 4000)
const foreignKey = step(4, 'add foreign key public.items.items_order_fkey', 0, 'public.items', 1000)

/** The event stream of a small run with one of everything, in the order in which a run emits it. */
export const sampleEvents: readonly Event[] = [
  { type: 'phase', at: 1_000_000, phase: 'connect' },
  { type: 'phase', at: 1_000_100, phase: 'schema' },
  { type: 'phase', at: 1_000_500, phase: 'plan' },
  {
    type: 'notice',
    at: 1_000_600,
    level: 'warning',
    code: 'plan.sample',
    message: 'this is a sample',
    object: 'public.items',
    hint: 'Nothing is to be done.',
  },
  { type: 'plan', at: 1_000_700, steps: 4, tables: 2, bytes: 10_000_000, estimateMs: 15_000, cost: 15_000 },
  { type: 'phase', at: 1_001_000, phase: 'run' },
  { type: 'step-started', at: 1_001_000, step: copyOrders },
  { type: 'step-started', at: 1_001_000, step: copyItems },
  { type: 'step-progress', at: 1_002_000, step: copyOrders, bytes: 1_000_000, rows: 10_000 },
  { type: 'step-done', at: 1_003_000, step: copyItems, ms: 2000, bytes: 2_000_000, rows: 20_000 },
  { type: 'step-progress', at: 1_006_000, step: copyOrders, bytes: 5_000_000, rows: 50_000 },
  { type: 'step-retry', at: 1_006_500, step: copyOrders, attempt: 2, waitMs: 500, reason: 'the connection was lost' },
  { type: 'step-done', at: 1_012_000, step: copyOrders, ms: 11_000, bytes: 8_100_000, rows: 81_000 },
  { type: 'step-started', at: 1_012_000, step: index },
  {
    type: 'index-progress',
    at: 1_013_000,
    index: 'public.orders_customer_idx',
    table: 'public.orders',
    phase: 'building index: scanning table',
    fraction: 0.43,
  },
  { type: 'step-done', at: 1_015_000, step: index, ms: 3000, bytes: 0, rows: 0 },
  {
    type: 'step-failed',
    at: 1_015_200,
    step: foreignKey,
    code: 'target.statement',
    message: 'insert or update on table "items" violates foreign key constraint',
    sqlstate: '23503',
  },
  { type: 'phase', at: 1_015_300, phase: 'verify' },
  { type: 'verified', at: 1_016_000, object: 'public.orders', kind: 'table', verdict: 'SAME', rows: 81_000 },
  {
    type: 'verified',
    at: 1_017_000,
    object: 'public.items',
    kind: 'table',
    verdict: 'DIFFERENT',
    rows: 20_000,
    detail: '1 row differs: id=7',
  },
  { type: 'phase', at: 1_017_500, phase: 'finish' },
  { type: 'finished', at: 1_018_000, ms: 18_000, verdict: 'DIFFERENT', failures: 1 },
]

export const sampleReport: RunReport = {
  source: { host: 'old.example', port: 5432, database: 'app', user: 'app', version: '14.23' },
  target: { host: 'new.example', port: 5433, database: 'app', user: 'app', version: '17.10' },
  startedAt: '2026-01-02T03:04:05.000Z',
  ms: 18_000,
  verdict: 'DIFFERENT',
  snapshot: '00000003-0000001B-1',
  options: { jobs: 2 },
  phases: [
    { phase: 'connect', startMs: 0, ms: 100 },
    { phase: 'run', startMs: 1000, ms: 14_300 },
    { phase: 'verify', startMs: 15_300, ms: 2200 },
  ],
  tables: [
    {
      table: 'public.items',
      bytes: 2_000_000,
      rows: 20_000,
      copyMs: 2000,
      indexMs: 0,
      verdict: 'DIFFERENT',
      detail: '1 row differs: id=7',
    },
    { table: 'public.orders', bytes: 8_100_000, rows: 81_000, copyMs: 11_000, indexMs: 3000, verdict: 'SAME' },
  ],
  steps: [
    {
      id: 1,
      kind: 'copy',
      label: 'copy public.orders',
      table: 'public.orders',
      startMs: 1000,
      ms: 11_000,
      bytes: 8_100_000,
      rows: 81_000,
    },
    {
      id: 2,
      kind: 'copy',
      label: 'copy public.items',
      table: 'public.items',
      startMs: 1000,
      ms: 2000,
      bytes: 2_000_000,
      rows: 20_000,
    },
    {
      id: 3,
      kind: 'index',
      label: 'create index public.orders_customer_idx',
      table: 'public.orders',
      startMs: 12_000,
      ms: 3000,
      bytes: 0,
      rows: 0,
    },
  ],
  failures: [
    {
      label: 'add foreign key public.items.items_order_fkey',
      code: 'target.statement',
      message: 'insert or update on table "items" violates foreign key constraint',
      sqlstate: '23503',
    },
  ],
  blocked: [
    {
      label: 'validate foreign key public.items.items_order_fkey',
      by: 'add foreign key public.items.items_order_fkey',
    },
  ],
  differences: [
    { object: 'public.items', kind: 'table', verdict: 'DIFFERENT', rows: 20_000, detail: '1 row differs: id=7' },
  ],
  notices: [{ level: 'warning', code: 'plan.sample', message: 'this is a sample', object: 'public.items' }],
  sourceWrites: [{ table: 'public.orders', rows: 4 }],
}

/** The same run, had all gone well. */
export const goodReport: RunReport = {
  ...sampleReport,
  verdict: 'SAME',
  tables: sampleReport.tables.map((table) => ({ ...table, verdict: 'SAME', detail: 'nothing differs' })),
  failures: [],
  blocked: [],
  differences: [],
  notices: [],
  sourceWrites: [],
}
