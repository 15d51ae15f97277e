import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check, rehearse } from '../../src/index.ts'
import type { Event, Finding, RehearsalReport } from '../../src/index.ts'
import { plain, rehearsalText } from '../../src/report/index.ts'
import { freshDatabase, freshRole, psqlLike, queryOnce, server } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'
import { demo, expectRefusal, run } from '../migrate/support.ts'
import { leftBehind, onMachine, ownTemporaryFolder, rolesOf } from './support.ts'

ownTemporaryFolder()

const BROKEN = readFileSync(new URL('../check/broken-13.sql', import.meta.url), 'utf8')

/** Marked in the script as failing, and fail with rows alone, or without a word. */
const FAILS_WITH_ROWS = ['broken.lenient', 'broken.databases', 'broken.settings']

describe('a schema of 13 with one of each thing that breaks, on 18', () => {
  let source: FreshDatabase
  let report: RehearsalReport
  const events: Event[] = []

  beforeAll(async () => {
    source = await freshDatabase(await server(13))
    await psqlLike(source.url, BROKEN)
    report = await rehearse({ source: source.url, to: 18, onEvent: (event) => events.push(event) })
  })

  afterAll(async () => {
    await source[Symbol.asyncDispose]()
  })

  test('fails, and each object that fails is there with its definition, the server’s words and a reason', () => {
    expect(report.verdict).toBe('FAILS')
    expect(report.failures.map(({ object, sqlstate }) => `${object} ${String(sqlstate)}`)).toMatchInlineSnapshot(`
      [
        "extension adminpack 0A000",
        "domain broken.positive 42710",
        "cast CAST (integer AS bytea) 42710",
        "function broken.serial() 42704",
        "function broken.warned() 42704",
        "aggregate broken.collect(anyelement) 42883",
        "aggregate broken.mean(interval) 42883",
        "operator broken.#! 42P13",
        "operator broken.|+| 42883",
        "conversion broken.latin1_again 42883",
        "view broken.checkpoints 42703",
        "view broken.compressed 42703",
        "table broken.defaults 42601",
        "view broken.factorials 42601",
        "table broken.floatmultirange 42710",
        "table broken.generated_child 42611",
        "view broken.in_backup 42883",
        "view broken.inside 42883",
        "view broken.last_system_oid 42703",
        "view broken.slow_reads 42703",
        "view broken.vacuums 42703",
        "table attach broken.numbered_1 55000",
        "constraint broken.people people_email_not_null 42710",
        "index broken.folded_words 42883",
        "fk constraint broken.sessions of_login 42P21",
        "materialized view data broken.folded_list 42883",
        "function broken.begin_backup() 42883",
      ]
    `)
    for (const failure of report.failures) {
      expect(failure.definition, failure.object).toMatch(/^(?:CREATE|ALTER|REFRESH) /)
      expect(failure.message, failure.object).not.toBe('')
      expect(failure.reason, failure.object).toBeDefined()
    }
  })

  test('what needs an object that fails is put down to that, and is no failure of its own', () => {
    expect(report.blocked).toContainEqual({
      object: 'materialized view broken.checkpoint_log',
      because: 'view broken.checkpoints',
    })
    const failed = new Set(report.failures.map(({ object }) => object))
    expect(report.blocked.filter(({ object }) => failed.has(object))).toEqual([])
    expect(report.blocked.filter(({ because }) => !failed.has(because))).toEqual([])
    const { tried, arrived, failed: count, blocked } = report.objects
    expect(arrived + count + blocked).toBe(tried)
  })

  test('each failure is named by a finding of check as well', async () => {
    const checked = await check({ source: source.url, to: 18 })
    const findings: Finding[] = checked.results.flatMap((result) => (result.status === 'found' ? result.findings : []))
    const messages = new Set(findings.map(({ message }) => message))
    const unnamed = report.failures.filter(({ findings: found }) => !found.some(({ message }) => messages.has(message)))
    expect(unnamed.map(({ object }) => object)).toEqual([])
  })

  test('what fails with rows alone is not tried without them', () => {
    const said = report.failures.map(({ object }) => object).join('\n')
    for (const name of FAILS_WITH_ROWS) expect(said).not.toContain(`${name}\n`)
  })

  test('a body that calls what is gone fails, though its function arrives', () => {
    expect(report.failures).toContainEqual(
      expect.objectContaining({ object: 'function broken.begin_backup()', what: 'body', sqlstate: '42883' }),
    )
  })

  test('each failure is told while it happens', () => {
    const told = events.flatMap((event) => (event.type === 'tried' ? [`${event.outcome} ${event.object}`] : []))
    expect(told.toSorted()).toEqual(
      [
        ...report.failures.map(({ object }) => `failed ${object}`),
        ...report.blocked.map(({ object }) => `blocked ${object}`),
      ].toSorted(),
    )
  })

  test('no password of a body or a foreign server is in the report', () => {
    expect(JSON.stringify({ report, events })).not.toContain('hush')
  })

  test('the text for people names each of them', () => {
    const text = rehearsalText(report, plain)
    for (const { object } of report.failures) expect(text).toContain(object)
    expect(text).toContain('Cannot be seen before it runs')
  })

  test('leaves nothing behind', () => {
    expect(onMachine()).toEqual([])
  })
})

describe('the sample database', () => {
  test('arrives whole on 18 from 13, and on 17 from 14 on the target server', async () => {
    const [from13, from14, target] = [await server(13), await server(14), await server(17)]
    for (const one of [from13, from14]) await withoutRoles(one.url(), () => run(one.url(), demo('roles')))
    await using old = await freshDatabase(from13)
    await run(old.url, demo('demo'))
    const embedded = await rehearse({ source: old.url, to: 18 })
    expectArrival(embedded)
    expect(embedded.scratch.server).toBe('embedded')

    await using newer = await freshDatabase(from14)
    await run(newer.url, demo('demo'))
    const before = await rolesOf(target)
    const report = await rehearse({ source: newer.url, target: target.url() })
    expectArrival(report)
    expect(report.scratch.server).toBe('target')
    expect(await rolesOf(target)).toEqual(before)
    expect(await leftBehind(target)).toEqual([])
  })
})

/** Roles are global: the sample's are made once a server. */
async function withoutRoles(url: string, make: () => Promise<void>): Promise<void> {
  const rows = await queryOnce(url, `select from pg_roles where rolname = 'shop_owner'`)
  if (rows.length === 0) await make()
}

function expectArrival(report: RehearsalReport): void {
  expect(report.failures).toEqual([])
  expect(report.blocked).toEqual([])
  expect(report.verdict).toBe('ARRIVES')
  expect(report.objects.arrived).toBe(report.objects.tried)
  expect(report.objects.tried).toBeGreaterThan(100)
}

describe('bodies', () => {
  test('are read under their own search path, and what the source does not understand either is no failure', async () => {
    await using source = await freshDatabase(await server(13))
    await run(
      source.url,
      `create schema app;
       set check_function_bodies = off;
       create table app.things (a int);
       create table public.open_things (a int);
       create function app.by_setting() returns bigint language sql set search_path = app as 'select count(*) from things';
       create function app.by_schema() returns bigint language sql as 'select count(*) from things';
       create function app.by_default() returns bigint language sql as 'select count(*) from open_things';
       create function app.never() returns bigint language sql as 'select count(*) from nothing_of_that_name';
       create function app.gone() returns pg_lsn language sql set search_path = app as 'select pg_start_backup(a::text) from things';
       create procedure app.loop() language plpgsql as 'begin for i in 1..2 loop null; end loop; end'`,
    )
    const report = await rehearse({ source: source.url, target: (await server(17)).url() })
    expect(report.failures.map(({ object, what, sqlstate }) => [object, what, sqlstate])).toEqual([
      ['function app.gone()', 'body', '42883'],
    ])
    expect(report.bodies.brokenOnSource).toEqual([
      {
        object: 'function app.never()',
        message: 'relation "nothing_of_that_name" does not exist',
        sqlstate: '42P01',
      },
    ])
    expect(report.bodies.checked).toEqual([
      { language: 'sql', bodies: 5, depth: 'statements' },
      { language: 'plpgsql', bodies: 1, depth: 'grammar' },
    ])
  })
})

describe('on the target server', () => {
  test('users of one role here do not collide, and subscriptions stay out of the way of the drop', async () => {
    await using anna = await freshRole(await server(14))
    await using bert = await freshRole(await server(14))
    await using source = await freshDatabase(await server(14))
    await run(
      source.url,
      `create extension postgres_fdw;
       create server there foreign data wrapper postgres_fdw options (host 'x');
       create user mapping for ${anna.name} server there options (password 'hush-hush');
       create user mapping for ${bert.name} server there options (password 'hush-hush');
       create table t (a int);
       alter table t enable row level security;
       create policy p on t to ${anna.name}, ${bert.name} using (true);
       create subscription far connection 'host=nowhere password=hush-hush' publication p with (connect = false);
       comment on subscription far is 'x'`,
    )
    const target = await server(18)
    const report = await rehearse({ source: source.url, target: target.url() })
    expect(report.failures).toEqual([])
    expect(report.blocked).toEqual([])
    expect(JSON.stringify(report)).not.toContain('hush-hush')
    expect(await leftBehind(target)).toEqual([])
    await run(source.url, 'alter subscription far set (slot_name = none); drop subscription far')
  })

  test('a role that may not make databases is told so, and nothing is changed', async () => {
    const target = await server(17)
    await using role = await freshRole(target)
    await using source = await freshDatabase(await server(14))
    const call = rehearse({ source: source.url, target: target.url('postgres', role.name) })
    await expectRefusal(call, 'target.no-createdb', 'target')
    expect(await leftBehind(target)).toEqual([])
  })

  test('an abort leaves nothing behind, here and with an embedded server', async () => {
    const target = await server(17)
    await using source = await freshDatabase(await server(14))
    await run(source.url, 'create table t (a int)')
    for (const where of [{ target: target.url() }, { to: 17 }]) {
      const controller = new AbortController()
      const call = rehearse({
        source: source.url,
        ...where,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'phase' && event.phase === 'rehearse') controller.abort()
        },
      })
      const error: unknown = await call.catch((reason: unknown) => reason)
      expect(controller.signal.aborted).toBe(true)
      expect(error).toBeInstanceOf(Error)
      expect(await leftBehind(target)).toEqual([])
    }
  })

  test('a scratch database that was left by another rehearsal is named, and stays', async () => {
    const target = await server(17)
    await using left = await freshDatabase(target, { name: 'pgleap_rehearsal_0123456789ab' })
    await using source = await freshDatabase(await server(14))
    const report = await rehearse({ source: source.url, target: target.url() })
    expect(report.notices).toContainEqual(expect.objectContaining({ code: 'rehearse.left-over', object: left.name }))
    expect(await left.query('select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('options that cannot be used are refused before anything is made', () => {
  test.each([
    [{}, 'usage.to'],
    [{ to: 17, target: 'postgres://x' }, 'usage.to'],
    [{ to: 13 }, 'usage.to'],
    [{ to: 19 }, 'usage.to'],
    [{ to: 17, sample: 0 }, 'usage.sample'],
    [{ to: 17, sample: 5 }, 'usage.sample'],
  ])('%j', async (options, code) => {
    const source = (await server(14)).url()
    await expectRefusal(rehearse({ source, ...options }), code, 'usage')
  })
})
