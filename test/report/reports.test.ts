import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reportPrinter } from '../../src/report/index.ts'
import type { RestoreReport, RunReport } from '../../src/report/index.ts'
import { goodReport, sampleReport } from './samples.ts'

const same = (text: string) => text

/** A report in which every text that somebody else writes is the given one. */
function named(text: string): RunReport {
  return {
    ...sampleReport,
    source: { ...sampleReport.source, database: text },
    tables: sampleReport.tables.map((table) => ({ ...table, table: text, detail: text })),
    steps: sampleReport.steps.map((step) => ({ ...step, table: text, label: text })),
    failures: [{ label: text, code: 'x.y', message: text, sqlstate: '23503' }],
    blocked: [{ label: text, by: text }],
    differences: [{ object: text, kind: text, verdict: 'UNKNOWN', detail: text }],
    notices: [{ level: 'warning', code: 'x.y', message: text, object: text, hint: text }],
    sourceWrites: [{ table: text, rows: 1 }],
    options: { include: [text] },
  }
}

describe('a report file', () => {
  test('takes its form from its ending, and refuses others before any work', () => {
    expect(() => reportPrinter('out.pdf')).toThrow(/\.json, \.md or \.html/u)
    expect(() => reportPrinter('out')).toThrow(expect.objectContaining({ code: 'usage.report' }))
    expect(reportPrinter('OUT.HTML')(sampleReport, same)).toContain('<!doctype html>')
  })

  test('of a restore names the archive in place of a source', () => {
    const { source: _source, snapshot: _snapshot, prediction: _prediction, ...common } = sampleReport
    const restored: RestoreReport = {
      ...common,
      verdict: 'SAME',
      archive: {
        path: 'app.dump',
        format: 'directory',
        database: 'app',
        serverVersion: '14.23',
        pgDumpVersion: '18.0',
        createdAt: '2026-01-02T03:04:05.000Z',
        manifest: 'present',
      },
    }
    const [markdown, html] = ['a.md', 'a.html'].map((file) => reportPrinter(file)(restored, same))
    expect(markdown).toContain('The target holds what the archive holds.')
    expect(markdown).toContain('| Archive | app.dump (directory), of app, PostgreSQL 14.23 |')
    expect(markdown).not.toMatch(/Source \||Snapshot/)
    expect(html).toContain('<title>pgleap: app, SAME</title>')
    expect(html).toContain('<dt>Archive</dt><dd>app.dump (directory), of app, PostgreSQL 14.23</dd>')
    expect(JSON.parse(reportPrinter('a.json')(restored, same))).toEqual(restored)
  })

  test('in JSON is the data itself', () => {
    expect(JSON.parse(reportPrinter('a.json')(sampleReport, same))).toEqual(sampleReport)
  })

  test('in Markdown has every section', () => {
    expect(reportPrinter('a.md')(sampleReport, same)).toMatchInlineSnapshot(`
      "# pgleap: DIFFERENT

      Source and target differ.

      |  |  |
      | --- | --- |
      | Source | app at old.example:5432, PostgreSQL 14.23 |
      | Target | app at new.example:5433, PostgreSQL 17.10 |
      | Started | 2026-01-02T03:04:05.000Z |
      | Took | 18.0 s |
      | Moved | 9.6 MB, 101,000 rows, 2 tables |
      | Snapshot | 00000003-0000001B-1 |
      | Options | {"jobs":2} |

      ## Phases

      | Phase | Time |
      | --- | --- |
      | connect | 100 ms |
      | run | 14.3 s |
      | verify | 2.2 s |

      ## Failed

      | Step | Message | Code | SQLSTATE |
      | --- | --- | --- | --- |
      | add foreign key public.items.items\\_order\\_fkey | insert or update on table "items" violates foreign key constraint | target.statement | 23503 |

      ## Blocked

      | Step | Waits for |
      | --- | --- |
      | validate foreign key public.items.items\\_order\\_fkey | add foreign key public.items.items\\_order\\_fkey |

      ## Not proven to be the same

      | Object | Kind | Verdict | Detail |
      | --- | --- | --- | --- |
      | public.items | table | DIFFERENT | 1 row differs: id=7 |

      ## Written on the source after the snapshot

      | Table | Rows written |
      | --- | --- |
      | public.orders | 4 |

      ## Notices

      | Level | Object | Message | Hint | Code |
      | --- | --- | --- | --- | --- |
      | warning | public.items | this is a sample |  | plan.sample |

      ## Tables

      | Table | Verdict | Rows | Bytes | Copy | Indexes | Detail |
      | --- | --- | --- | --- | --- | --- | --- |
      | public.orders | SAME | 81,000 | 7.7 MB | 11.0 s | 3.0 s |  |
      | public.items | DIFFERENT | 20,000 | 1.9 MB | 2.0 s | 0 ms | 1 row differs: id=7 |
      "
    `)
  })

  test('in Markdown stays one row a value, whatever the value', () => {
    const expected = rows(named('x')).map(cells)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(rows(named(text)).map(cells)).toEqual(expected)
      }),
    )
  })

  test('in HTML needs nothing from anywhere', () => {
    const html = reportPrinter('a.html')(sampleReport, same)
    expect(html).not.toMatch(/https?:|<script|<link|<img|@import|url\(/u)
    expect(html).toContain('prefers-color-scheme: dark')
    expect(html).toContain('<svg')
  })

  test('in HTML escapes every value: the tags are the same, whatever objects are called', () => {
    const expected = tags(named('x'))
    const wild = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<script>alert(1)</script>', `"'><b x='`, '&lt;'),
    )
    fc.assert(
      fc.property(wild, (text) => {
        expect(tags(named(text))).toEqual(expected)
      }),
    )
  })

  test('leaves out the sections that have nothing to say', () => {
    expect(reportPrinter('a.html')(goodReport, same)).not.toContain('Failed')
    expect(reportPrinter('a.md')(goodReport, same)).not.toContain('Blocked')
  })

  test('is redacted value by value', () => {
    const report = named('the word is xyzzy-1234')
    for (const file of ['a.json', 'a.md', 'a.html']) {
      expect(reportPrinter(file)(report, (text) => text.replaceAll('xyzzy-1234', '***'))).not.toContain('xyzzy-1234')
    }
  })

  test('survives a run of 100,000 steps', () => {
    const steps = Array.from({ length: 100_000 }, (_, id) => {
      return {
        id,
        kind: 'copy',
        label: `copy t${String(id)}`,
        table: `t${String(id)}`,
        startMs: id,
        ms: 1,
        bytes: 1,
        rows: 1,
      }
    })
    expect(reportPrinter('a.html')({ ...sampleReport, steps }, same)).toContain('<svg')
  })
})

function rows(report: RunReport): string[] {
  return reportPrinter('a.md')(report, same).split('\n')
}

function tags(report: RunReport): string[] | null {
  return reportPrinter('a.html')(report, same).match(/<[^>]*?(?=[\s>])/gu)
}

/** How many cells a row has: unescaped bars. */
function cells(line: string): number {
  return line.replaceAll(/\\./gu, '').split('|').length
}
