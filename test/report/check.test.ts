import { describe, expect, test } from 'vitest'
import { checkText, fixScript, junitXml, plain, sarifLog } from '../../src/report/index.ts'
import type { CheckReport, CheckResult } from '../../src/report/index.ts'
import { verdictOf } from '../../src/report/check-report.ts'

const of = (id: string, title: string, severity: CheckResult['severity']) => ({
  id,
  title,
  severity,
  paths: ['offline', 'online'] as const,
})

const RESULTS: CheckResult[] = [
  {
    ...of('S01', 'wal_level is logical', 'block'),
    status: 'found',
    findings: [
      {
        id: 'S01',
        severity: 'block',
        message: 'wal_level is replica, and logical replication needs logical.',
        fix: { kind: 'parameter', side: 'source', name: 'rds.logical_replication', value: '1', needs: 'restart' },
      },
    ],
  },
  {
    ...of('X01', 'The target offers every extension', 'block'),
    status: 'found',
    findings: ['a', 'b'].map((name) => ({
      id: 'X01',
      severity: 'block' as const,
      object: `extension ${name}`,
      message: `The source uses ${name}, and the target does not have it, which is a sentence long enough to be cut into two lines.`,
      fix: { kind: 'advice' as const, text: 'Install it on the target.' },
    })),
  },
  {
    ...of('R14', 'Everybody may do in schema public what they may on the source', 'warning'),
    status: 'found',
    findings: [
      {
        id: 'R14',
        severity: 'warning',
        object: 'schema public\n\\! rm -rf /',
        message: 'Applications lose CREATE.',
        fix: {
          kind: 'sql',
          side: 'target',
          sql: 'GRANT CREATE ON SCHEMA public TO app',
          undo: 'REVOKE CREATE ON SCHEMA public\n  FROM app',
        },
      },
      {
        id: 'R14',
        severity: 'warning',
        object: 'role old',
        message: 'It is old.',
        waived: { reason: 'is dropped soon', until: '2026-12-31' },
      },
    ],
  },
  {
    ...of('R03', 'Password verifiers can be read', 'error'),
    status: 'unknown',
    reason: 'permission denied for pg_authid',
  },
  { ...of('C02', 'The target can reach the source', 'block'), status: 'skipped', reason: 'concerns online only' },
  { ...of('C08', 'The target is as new as the source', 'block'), status: 'passed' },
]

const REPORT: CheckReport = {
  source: { host: 'old', port: 5432, database: 'app', user: 'u', version: '13.23', provider: 'Amazon RDS' },
  target: {
    host: 'new',
    port: 5432,
    database: 'app',
    user: 'u',
    version: '17.10',
    provider: 'self-managed PostgreSQL',
  },
  to: 17,
  paths: ['offline'],
  startedAt: '2026-11-21T10:00:00.000Z',
  ms: 1234,
  verdict: 'BLOCKED',
  results: RESULTS,
  waivers: [
    {
      id: 'R14',
      object: 'role old',
      reason: 'is dropped soon',
      until: '2026-12-31',
      line: 1,
      matches: 1,
      state: 'used',
    },
    { id: 'S04', reason: 'r', until: '2026-01-31', line: 5, matches: 0, state: 'expired' },
    { id: 'O20', reason: 'r', until: '2026-12-31', line: 9, matches: 0, state: 'unused' },
  ],
}

describe('the verdict of a check', () => {
  const [blocks, , warns, blind, , passed] = RESULTS
  test('is BLOCKED where something blocks that is not waived', () => {
    expect(verdictOf(RESULTS)).toBe('BLOCKED')
    const waived = RESULTS.map((result) =>
      result.status === 'found'
        ? {
            ...result,
            findings: result.findings.map((one) => ({ ...one, waived: { reason: 'r', until: '2026-12-31' } })),
          }
        : result,
    )
    expect(verdictOf(waived)).toBe('READY')
  })

  test('is UNKNOWN where what may block could not look, and not for less', () => {
    const keep = [warns, passed].filter((one) => one !== undefined)
    expect(verdictOf([...keep, ...(blind === undefined ? [] : [blind])])).toBe('READY')
    const unseen = { ...of('S01', 'wal_level is logical', 'block'), status: 'unknown' as const, reason: 'r' }
    expect(verdictOf([...keep, unseen])).toBe('UNKNOWN')
    expect(verdictOf([...keep, unseen, ...(blocks === undefined ? [] : [blocks])])).toBe('BLOCKED')
  })
})

describe('the report of a check', () => {
  test('for people goes from what blocks to what to do next', () => {
    expect(checkText(REPORT, plain)).toMatchSnapshot()
    expect(
      checkText(REPORT, plain)
        .split('\n')
        .filter((line) => line.length > 100),
    ).toEqual([])
  })

  test('without a target and findings is short', () => {
    const results = RESULTS.filter(({ status }) => status === 'passed')
    expect(checkText({ ...REPORT, target: undefined, results, waivers: [], verdict: 'READY' }, plain)).toMatchSnapshot()
  })

  test('counts what does not fit', () => {
    const findings = Array.from({ length: 25 }, (_, at) => ({
      id: 'O01',
      severity: 'error' as const,
      object: `public.t${String(at)}`,
      message: `Gone since ${String(at)}.`,
    }))
    const results: CheckResult[] = [{ ...of('O01', 'No type is gone', 'error'), status: 'found', findings }]
    expect(checkText({ ...REPORT, results }, plain)).toContain('and 15 more; --json lists them all')
  })

  test('says once what holds for several objects', () => {
    const findings = Array.from({ length: 25 }, (_, at) => ({
      id: 'I01',
      severity: 'warning' as const,
      object: `public.t${String(at)}`,
      message: 'It has no key.',
      fix: { kind: 'sql' as const, side: 'source' as const, sql: `ALTER TABLE t${String(at)} REPLICA IDENTITY FULL` },
    }))
    const results: CheckResult[] = [{ ...of('I01', 'Tables have keys', 'warning'), status: 'found', findings }]
    expect(checkText({ ...REPORT, results, waivers: [] }, plain)).toMatchSnapshot()
  })

  test('in SARIF has a rule for each check, waived findings as suppressed and UNKNOWN as a notification', () => {
    const log = sarifLog(REPORT, '1.2.3')
    expect(log).toMatchSnapshot()
    const [run] = log.runs
    const rules = run?.tool.driver.rules?.map(({ id }) => id)
    expect(rules).toEqual(RESULTS.map(({ id }) => id))
    for (const result of run?.results ?? []) expect(rules?.[result.ruleIndex ?? -1]).toBe(result.ruleId)
  })

  test('in JUnit fails for blocks and errors, and errs for UNKNOWN', async () => {
    const xml = await junitXml(REPORT)
    expect(xml).toMatchSnapshot()
    expect(xml).toContain('tests="6" failures="2" errors="1" skipped="1"')
  })

  test('as a script does nothing by itself, and nobody breaks out of its comments', () => {
    const script = fixScript(REPORT)
    expect(script).toMatchSnapshot()
    const live = script.split('\n').filter((line) => line !== '' && !line.startsWith('--'))
    expect(live).toEqual([
      String.raw`\set ON_ERROR_STOP on`,
      String.raw`\if :{?source}`,
      String.raw`\endif`,
      String.raw`\if :{?target}`,
      'GRANT CREATE ON SCHEMA public TO app;',
      String.raw`\endif`,
    ])
  })
})
