import { describe, expect, test } from 'vitest'
import { plain, planText, statusText, verifyText } from '../../src/report/index.ts'
import type { PlanReport, StatusReport, VerifyReport } from '../../src/report/index.ts'
import { fields } from '../../src/report/text.ts'
import { sampleReport } from './samples.ts'

const { source, target } = sampleReport

test('a label stands off from what it names, however long it is', () => {
  const labels = [
    ['roles', '3'],
    ['passwords', 'the same'],
  ] as const
  const lines = fields(labels, plain)
  expect(lines).toEqual(['  roles     3', '  passwords the same'])
})

describe('a plan', () => {
  const plan: PlanReport = {
    source,
    target,
    tables: [
      { table: 'public.items', bytes: 2_000_000, parts: 0, format: 'text' },
      { table: 'public.orders', bytes: 800_000_000, rows: 8_000_000, parts: 4, format: 'binary' },
    ],
    steps: [
      { id: 1, kind: 'copy', label: 'copy a', bytes: 1, cost: 1, dependsOn: [] },
      { id: 2, kind: 'copy', label: 'copy b', bytes: 1, cost: 1, dependsOn: [] },
      { id: 3, kind: 'index', label: 'index c', bytes: 0, cost: 1, dependsOn: [1] },
    ],
    bytes: 802_000_000,
    estimateMs: 61_000,
    notices: [{ level: 'warning', code: 'plan.left-out', message: 'A view is left out.', object: 'v', hint: 'Fine.' }],
  }

  test('tells sizes, steps, time and what to know before', () => {
    expect(planText(plan, plain)).toMatchInlineSnapshot(`
      "Plan; nothing has been changed

        source   app at old.example:5432, PostgreSQL 14.23
        target   app at new.example:5433, PostgreSQL 17.10
        data     765 MB in 2 tables
        steps    3: 2 copy, 1 index
        time     about 1 min 01 s; half or twice of it is as likely. Comparing is not counted

        largest tables
          public.orders  763 MB  about 8,000,000 rows       4 parts  binary
          public.items   1.9 MB          rows unknown  without rows

        warning  v: A view is left out. Fine.

        next     the same words with \`pgleap migrate\` do it.
      "
    `)
  })

  test('of an empty database says so', () => {
    const text = planText({ ...plan, tables: [], steps: [], bytes: 0, notices: [] }, plain)
    expect(text).toContain('0 B in 0 tables')
    expect(text).not.toContain('largest tables')
  })
})

describe('a comparison', () => {
  const report: VerifyReport = {
    source,
    target,
    startedAt: sampleReport.startedAt,
    ms: 4200,
    mode: 'full',
    verdict: 'DIFFERENT',
    objects: [
      { object: 'public.orders', kind: 'table', verdict: 'SAME', rows: 81_000 },
      { object: 'public.items', kind: 'table', verdict: 'DIFFERENT', detail: '1 row differs: id=7' },
      { object: 'public.s', kind: 'sequence', verdict: 'UNKNOWN', detail: 'may not be read' },
    ],
  }

  test('names everything that is not the same', () => {
    expect(verifyText(report, plain)).toMatchInlineSnapshot(`
      "Verdict: DIFFERENT (source and target differ)

        source   app at old.example:5432, PostgreSQL 14.23
        target   app at new.example:5433, PostgreSQL 17.10
        looked   at 2 tables, 1 sequence, in 4.2 s

        DIFFERENT  table public.items: 1 row differs: id=7
        UNKNOWN  sequence public.s: may not be read
      "
    `)
  })

  test('lists the first fifty, and counts the rest', () => {
    const objects = Array.from({ length: 60 }, (_, at) => {
      return { object: `t${String(at)}`, kind: 'table', verdict: 'DIFFERENT' as const }
    })
    const text = verifyText({ ...report, objects }, plain)
    expect(text.match(/DIFFERENT {2}table/gu)).toHaveLength(50)
    expect(text).toContain('and 10 more; --json lists them all')
  })
})

describe('a status', () => {
  const status: StatusReport = {
    target,
    source: 'app@old.example:5432/app',
    startedAt: sampleReport.startedAt,
    state: 'broken',
    steps: { total: 40, done: 30, failed: 1, blocked: 1, left: 10 },
    bytes: { total: 10_000_000, done: 4_000_000 },
    failures: sampleReport.failures,
    blocked: sampleReport.blocked,
  }

  test('of a broken run tells how far it is, what failed and how to go on', () => {
    expect(statusText(status, plain)).toMatchInlineSnapshot(`
      "Run: broken

        source   app@old.example:5432/app
        target   app at new.example:5433, PostgreSQL 17.10
        started  2026-01-02T03:04:05.000Z
        steps    30 of 40 steps done, 1 failed, 1 blocked, 10 left
        data     3.8 MB of about 9.5 MB

        failed   add foreign key public.items.items_order_fkey: insert or update on table "items" violates foreign key constraint (target.statement)
        blocked  validate foreign key public.items.items_order_fkey: waits for add foreign key public.items.items_order_fkey

        next     \`pgleap resume TARGET\` goes on from here; nothing that is done is done again.
      "
    `)
  })

  test('of a running one gives no advice', () => {
    expect(statusText({ ...status, state: 'running' }, plain)).not.toContain('resume')
  })
})
