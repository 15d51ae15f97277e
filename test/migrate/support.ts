import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { PgleapError, type Party } from '../../src/errors.ts'
import type { RunReport } from '../../src/index.ts'
import { connectClient } from '../kit/index.ts'

/** Runs several statements, in one transaction. */
export async function run(url: string, sql: string): Promise<void> {
  await using client = await connectClient(url)
  await client.query(sql)
}

/** One of demo/'s files. */
export function demo(file: 'roles' | 'demo' | 'superuser'): string {
  return readFileSync(new URL(`../../demo/${file}.sql`, import.meta.url), 'utf8')
}

/** The error of a call that must fail: one clear sentence, a hint, and the party that has to act. */
export async function expectRefusal(call: Promise<unknown>, code: string, party: Party): Promise<PgleapError> {
  const error: unknown = await call.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  if (!(error instanceof PgleapError)) throw new Error(`expected ${code}`, { cause: error })
  expect({ code: error.code, party: error.party }, error.message).toEqual({ code, party })
  expect(error.message).toMatch(/^["A-Z]/)
  expect(error.message).not.toContain('\n')
  expect(error.hint ?? '').not.toBe('')
  return error
}

/** A run in which nothing went wrong. */
export function expectWhole(report: RunReport): void {
  expect(report.failures).toEqual([])
  expect(report.blocked).toEqual([])
  expect(report.differences).toEqual([])
  expect(report.verdict).toBe('SAME')
}

/** What a refused run may not have changed: everything that a target holds, as far as catalogs and rows tell. */
export async function fingerprint(url: string): Promise<string> {
  await using client = await connectClient(url)
  const { rows } = await client.query<{ print: string }>(
    `select string_agg(line, e'\\n' order by line collate "C") as print from (
       select format('%s %s %s', c.oid, c.oid::regclass, c.relacl) from pg_class c
       union all select format('%s %s', n.nspname, n.nspacl) from pg_namespace n where nspname !~ '^pg_(toast|temp)'
       union all select format('%s', d.datname) from pg_database d
       union all select format('%s', r.rolname) from pg_roles r
       union all select format('%s rows', pg_stat_get_tuples_inserted(c.oid)) from pg_class c where c.oid >= 16384
     ) as lines (line)`,
  )
  return rows[0]?.print ?? ''
}
