import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PgleapError } from '../../src/errors.ts'
import {
  advance,
  errorText,
  initialLines,
  initialState,
  jsonLine,
  liveView,
  plain,
  plainLines,
  redactor,
  summaryText,
} from '../../src/report/index.ts'
import type { Event } from '../../src/report/index.ts'
import { goodReport, sampleEvents, sampleReport, step } from './samples.ts'
import { eventStream } from './streams.ts'

function printed(events: readonly Event[]): string[] {
  let lines = initialLines
  return events.flatMap((event) => {
    const result = plainLines(lines, event, plain)
    lines = result.next
    return result.lines
  })
}

describe('plain lines', () => {
  test('tell the run of a sample, a line for each thing that matters', () => {
    expect(printed(sampleEvents)).toMatchInlineSnapshot(`
      [
        "00:00:00  Connecting",
        "00:00:00  Reading the schema",
        "00:00:00  Planning",
        "00:00:00  warning  public.items: this is a sample Nothing is to be done.",
        "00:00:00  4 steps to do: 2 tables, 9.5 MB, about 15.0 s",
        "00:00:01  Copying",
        "00:00:03  done  copy public.items, 1.9 MB, 20,000 rows in 2.0 s",
        "00:00:06  again  copy public.orders in 500 ms (try 2): the connection was lost",
        "00:00:12  done  copy public.orders, 7.7 MB, 81,000 rows in 11.0 s",
        "00:00:12  66 % done, 9.6 MB, 889 kB/s, 0 running, about 5.5 s left",
        "00:00:15  done  create index public.orders_customer_idx in 3.0 s",
        "00:00:15  failed  add foreign key public.items.items_order_fkey: insert or update on table "items" violates foreign key constraint (target.statement, SQLSTATE 23503)",
        "00:00:15  Comparing source and target",
        "00:00:17  DIFFERENT  table public.items: 1 row differs: id=7",
        "00:00:17  Finishing",
      ]
    `)
  })

  test('are few where steps are many and short', () => {
    const start: Event[] = [{ type: 'phase', at: 0, phase: 'run' }]
    const done = Array.from({ length: 10_000 }, (_, id): Event => {
      return {
        type: 'step-done',
        at: id * 3,
        step: step(id, `copy public.t${String(id)}`, 10),
        ms: 3,
        bytes: 10,
        rows: 1,
      }
    })
    expect(printed([...start, ...done]).length).toBeLessThan(6)
  })

  test('hold no control character, whatever objects are called', () => {
    fc.assert(
      fc.property(eventStream, (events) => {
        for (const line of printed(events)) expect(line).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})

describe('the live view', () => {
  test('shows bytes, rows, rates, the time that is left and what is running', () => {
    const state = sampleEvents.slice(0, 11).reduce(advance, initialState)
    expect(liveView(state, { columns: 80, style: plain })).toMatchInlineSnapshot(`
      "Copying  00:00:06, about 5.7 s left
      work    ############################-------------------------------- 46 %
      data    6.7 MB of about 9.5 MB, 1.4 MB/s
      rows    70,000, 15,000/s
      steps   1 of 4 done
      now     copy public.orders: 4.8 MB of about 7.6 MB"
    `)
  })

  test('shows the progress of an index', () => {
    const state = sampleEvents.slice(0, 15).reduce(advance, initialState)
    expect(liveView(state, { columns: 80, style: plain })).toContain(
      'index public.orders_customer_idx: building index: scanning table, 43 %',
    )
  })

  test('shows how far the comparison is', () => {
    const state = sampleEvents.slice(0, 20).reduce(advance, initialState)
    expect(liveView(state, { columns: 80, style: plain })).toContain('2 compared, 1 different')
  })

  test('is at most twelve lines of the screen`s width, whatever happens', () => {
    fc.assert(
      fc.property(eventStream, fc.integer({ min: 40, max: 200 }), (events, columns) => {
        const lines = liveView(events.reduce(advance, initialState), { columns, style: plain }).split('\n')
        expect(lines.length).toBeLessThanOrEqual(12)
        for (const line of lines) {
          expect(Array.from(line).length).toBeLessThan(columns)
          expect(line).not.toMatch(/\p{Cc}/u)
        }
      }),
    )
  })
})

describe('JSON lines', () => {
  test('are one line an event, and parse to the event', () => {
    fc.assert(
      fc.property(eventStream, (events) => {
        for (const event of events) {
          const line = jsonLine(event, (text) => text)
          expect(line.indexOf('\n')).toBe(line.length - 1)
          expect(JSON.parse(line)).toEqual(event)
        }
      }),
    )
  })

  test('hide a secret that JSON would have escaped', () => {
    const secret = 'a"b\\c\nd'
    const line = jsonLine(
      { type: 'notice', at: 1, level: 'info', code: 'x', message: `it is ${secret}` },
      redactor([secret]),
    )
    expect(JSON.parse(line)).toMatchObject({ message: 'it is ***' })
  })
})

describe('the summary', () => {
  test('of a run that failed says what is true, what is not done and what comes next', () => {
    expect(summaryText(sampleReport, plain)).toMatchInlineSnapshot(`
      "Verdict: DIFFERENT (source and target differ)

        source   app at old.example:5432, PostgreSQL 14.23
        target   app at new.example:5433, PostgreSQL 17.10
        moved    9.6 MB, 101,000 rows, 2 tables
        time     18.0 s (connect 100 ms, run 14.3 s, verify 2.2 s)

        most work
          public.orders  7.7 MB  81,000 rows  copy 11.0 s  indexes 3.0 s
          public.items   1.9 MB  20,000 rows   copy 2.0 s   indexes 0 ms

        1 object not proven to be the same
          DIFFERENT  table public.items: 1 row differs: id=7

        1 step failed, 1 blocked by them
          failed   add foreign key public.items.items_order_fkey: insert or update on table "items" violates foreign key constraint (target.statement, SQLSTATE 23503)
          blocked  validate foreign key public.items.items_order_fkey: waits for add foreign key public.items.items_order_fkey

        Written on the source after the snapshot; these changes are not in the target
          written  public.orders: 4 rows

        1 warning
          warning  public.items: this is a sample (plan.sample)

        next     mend the causes, then \`pgleap resume TARGET\` tries again what is not done.
      "
    `)
  })

  test('of a good run is short', () => {
    expect(summaryText(goodReport, plain)).toMatchInlineSnapshot(`
      "Verdict: SAME (source and target hold the same: 2 tables compared)

        source   app at old.example:5432, PostgreSQL 14.23
        target   app at new.example:5433, PostgreSQL 17.10
        moved    9.6 MB, 101,000 rows, 2 tables
        time     18.0 s (connect 100 ms, run 14.3 s, verify 2.2 s)

        most work
          public.orders  7.7 MB  81,000 rows  copy 11.0 s  indexes 3.0 s
          public.items   1.9 MB  20,000 rows   copy 2.0 s   indexes 0 ms
      "
    `)
  })

  test('says that counts are not contents', () => {
    expect(summaryText({ ...goodReport, options: { verify: 'counts' } }, plain)).toContain('contents were not compared')
  })

  test('of an unverified run asks for the comparison', () => {
    expect(summaryText({ ...goodReport, verdict: 'SKIPPED' }, plain)).toContain('pgleap verify')
  })
})

describe('an error', () => {
  test('that pgleap knows is a message, a hint and a code', () => {
    const error = new PgleapError({ code: 'connect.password', message: 'no\nway', hint: 'Try.', party: 'source' })
    expect(errorText(error, plain)).toBe('error  no way\nhint   Try.\ncode   connect.password (exit 3)\n')
  })

  test('that pgleap does not know shows its stack', () => {
    expect(errorText(new TypeError('odd'), plain)).toMatch(/TypeError: odd\n\s+at /u)
  })
})
