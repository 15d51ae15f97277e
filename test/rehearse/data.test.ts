import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, rehearse } from '../../src/index.ts'
import type { RehearsalReport } from '../../src/index.ts'
import { plain, rehearsalText, summaryText } from '../../src/report/index.ts'
import { freshDatabase, psqlLike, server } from '../kit/index.ts'
import type { FreshDatabase } from '../kit/index.ts'
import { expectRefusal, run } from '../migrate/support.ts'
import { leftBehind, ownTemporaryFolder } from './support.ts'

ownTemporaryFolder()

/** A table of some 2 MB that others refer to, so that a sample of it breaks a foreign key. */
const SOURCE = `
create table items (id int primary key, name text not null, at timestamptz default now());
insert into items (id, name) select i, md5(i::text) || repeat('x', 20) from generate_series(1, 20000) i;
create index items_name on items (name);
create table lines (item int references items, n int);
insert into lines select i, i from generate_series(1, 20000) i;
create table tiny (a int);
insert into tiny values (1);
create table none (a int);
create materialized view totals as select count(*) from lines;
analyze`

let source: FreshDatabase
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prediction-'))
  source = await freshDatabase(await server(14))
  await run(source.url, SOURCE)
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await source[Symbol.asyncDispose]()
})

function expectNumbers({ prediction, space }: RehearsalReport): void {
  if (prediction === undefined) throw new Error('There is no prediction')
  const { phases, totalMs, lowMs, highMs, tables, measured } = prediction
  expect(Math.abs(totalMs - phases.readMs - phases.runMs - phases.verifyMs - phases.otherMs)).toBeLessThanOrEqual(3)
  expect([lowMs, totalMs, highMs]).toEqual([lowMs, totalMs, highMs].toSorted((a, b) => a - b))
  expect(tables.map(({ table }) => table).toSorted()).toEqual(['public.items', 'public.lines', 'public.tiny'])
  for (const { bytes, copyMs, indexMs } of tables) expect(Math.min(bytes, copyMs + 1, indexMs + 1)).toBeGreaterThan(0)
  expect(measured.copyMbPerS).toBeGreaterThan(0)
  expect(measured.verifyMbPerS).toBeGreaterThan(0)
  expect(space.basis).toBe('copy')
  expect(space.indexBytes).toBeGreaterThan(500_000)
  expect(space.dataBytes).toBeGreaterThan(2_000_000)
  expect(space.dataBytes).toBeLessThan(6_000_000)
  expect(space.walBytes).toBeGreaterThan(1_000_000)
  expect(space.dumpFileBytes).toBeGreaterThan(100_000)
  expect(space.dumpFileBytes).toBeLessThan(space.dataBytes)
}

describe('a rehearsal with data', () => {
  test('of a sample copies so much of the larger tables, and what it cannot keep is no failure', async () => {
    const report = await rehearse({ source: source.url, to: 17, sample: 0.5, jobs: 2 })
    expect(report.failures).toEqual([])
    expect(report.verdict).toBe('ARRIVES')
    expectNumbers(report)
    expect(report.prediction?.sample).toBeGreaterThan(0.4)
    expect(report.prediction?.sample).toBeLessThan(0.9)
    const text = rehearsalText(report, plain)
    expect(text).toContain('The real run takes about')
    expect(text).toContain('this machine, which is not the target')
  })

  test('of everything predicts a run, whose report then says how good that was', async () => {
    const target = await server(17)
    const report = await rehearse({ source: source.url, target: target.url(), data: 'copy', jobs: 2 })
    expect(report.failures).toEqual([])
    expectNumbers(report)
    expect(report.prediction).toMatchObject({ sample: 1, server: 'target' })
    expect(await leftBehind(target)).toEqual([])

    const file = join(folder, 'prediction.json')
    writeFileSync(file, JSON.stringify(report.prediction))
    await using into = await freshDatabase(target)
    const real = await migrate({ source: source.url, target: into.url, jobs: 2, prediction: file })
    expect(real.verdict).toBe('SAME')
    expect(real.prediction).toMatchObject({ predictedMs: report.prediction?.totalMs, realMs: real.ms })
    expect(real.prediction?.tables.length).toBe(3)
    expect(summaryText(real, plain)).toMatch(/expected .* is (?:within|faster than|slower than) that/)
  })

  test('a file that holds no prediction is refused before anything is done', async () => {
    const file = join(folder, 'other.json')
    await using into = await freshDatabase(await server(17))
    for (const text of [
      '',
      '{}',
      'null',
      JSON.stringify({ version: 2, totalMs: 1, lowMs: 1, highMs: 1, tables: [] }),
    ]) {
      writeFileSync(file, text)
      const call = migrate({ source: source.url, target: into.url, prediction: file })
      await expectRefusal(call, 'usage.prediction', 'usage')
    }
    expect(await into.query(`select from pg_class where relnamespace = 'public'::regnamespace`)).toEqual([])
  })
})

test('rows that do not fit the version are found with data alone', async () => {
  await using old = await freshDatabase(await server(13))
  await run(
    old.url,
    `create table strict (a int not null, b int);
     create table lenient () inherits (strict);
     alter table lenient alter a drop not null;
     insert into lenient values (null, 1)`,
  )
  const report = await rehearse({ source: old.url, target: (await server(18)).url(), data: 'copy' })
  expect(report.objects).toMatchObject({ failed: 0, blocked: 0 })
  expect(report.verdict).toBe('FAILS')
  expect(report.failures).toMatchObject([
    { object: 'copy public.lenient', what: 'data', sqlstate: '23502', findings: [{ id: 'O08' }] },
  ])
})

test('where the real run would refuse to begin, no rows are copied, and that is said', async () => {
  await using old = await freshDatabase(await server(13))
  await psqlLike(old.url, readFileSync(new URL('../check/broken-13.sql', import.meta.url), 'utf8'))
  const target = await server(18)
  const report = await rehearse({ source: old.url, target: target.url(), sample: 0.1 })
  expect(report.prediction).toBeUndefined()
  expect(report.space.basis).toBe('catalog')
  expect(report.notices).toContainEqual(expect.objectContaining({ code: 'rehearse.no-data' }))
  expect(await leftBehind(target)).toEqual([])
})
