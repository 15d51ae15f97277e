import { describe, expect, test } from 'vitest'
import type { CheckResult, Finding } from '../../src/report/index.ts'
import { obstaclesOf, recommend, type RecommendFacts } from '../../src/runbook/recommend.ts'

const MINUTE = 60_000

function facts(over: Partial<RecommendFacts> = {}): RecommendFacts {
  return {
    allowedPauseMs: 10 * MINUTE,
    offline: { likelyMs: 60 * MINUTE, highMs: 120 * MINUTE, basis: 'plan' },
    bytes: 500e9,
    writes: { rowsPerSecond: 1000, walBytesPerSecond: 2 * 1024 * 1024, sampledMs: 3000 },
    obstacles: [],
    ...over,
  }
}

describe('a recommendation', () => {
  test('is offline where even the longest time that is expected fits into the pause', () => {
    const { way, reasons } = recommend(facts({ offline: { likelyMs: 4e5, highMs: 10 * MINUTE, basis: 'rehearsal' } }))
    expect(way).toBe('offline')
    expect(reasons.join(' ')).toMatch(/at most 10 min 00 s \(as the rehearsal predicts\), and 10 min 00 s are allowed/u)
  })

  test('is online where only the likely time would fit', () => {
    const { way } = recommend(facts({ offline: { likelyMs: 9 * MINUTE, highMs: 11 * MINUTE, basis: 'plan' } }))
    expect(way).toBe('online')
  })

  test('for online says how much WAL the source has to keep, and what has to be mended before', () => {
    const { way, reasons } = recommend(
      facts({ obstacles: [{ id: 'S01', kind: 'mendable', what: 'not so: wal_level is logical on the source' }] }),
    )
    expect(way).toBe('online')
    // 2 MB a second for two hours.
    expect(reasons.join(' ')).toContain('14.1 GB of WAL')
    expect(reasons.join(' ')).toContain('S01 has to be mended')
    expect(reasons).toHaveLength(3)
  })

  test('is offline with a longer pause where something stands against online, and names it', () => {
    const { way, reasons } = recommend(
      facts({
        obstacles: [
          { id: 'O20', kind: 'standing', what: 'large objects, which logical replication does not carry' },
          { id: 'S01', kind: 'mendable', what: '' },
        ],
      }),
    )
    expect(way).toBe('offline')
    expect(reasons.join(' ')).toMatch(/large objects.*\(O20\).*longer pause/u)
  })

  test('does not take a quiet moment for a quiet source', () => {
    const { reasons } = recommend(facts({ writes: { rowsPerSecond: 0, walBytesPerSecond: 0, sampledMs: 3000 } }))
    expect(reasons.join(' ')).toContain('look again at a busy hour')
  })
})

const sql: Finding['fix'] = { kind: 'sql', side: 'source', sql: 'ALTER TABLE t ...' }

function found(id: string, findings: Partial<Finding>[]): CheckResult {
  return {
    id,
    title: 'Something is well',
    severity: 'block',
    paths: ['online'],
    status: 'found',
    findings: findings.map((finding) => ({ id, severity: 'block', message: 'It is not.', ...finding })),
  }
}

function kinds(...results: CheckResult[]) {
  return obstaclesOf({ results }).map(({ id, kind }) => [id, kind])
}

describe('the obstacles of an online migration', () => {
  test('are mendable where a statement or a parameter mends them', () => {
    const parameter: Finding['fix'] = {
      kind: 'parameter',
      side: 'source',
      name: 'wal_level',
      value: 'logical',
      needs: 'restart',
    }
    expect(kinds(found('S01', [{ fix: parameter }]), found('O14', [{ fix: sql }]))).toEqual([
      ['S01', 'mendable'],
      ['O14', 'mendable'],
    ])
  })

  test('stand where nothing does, or where one finding of several does', () => {
    expect(kinds(found('C02', [{}]), found('T07', [{ fix: sql }, {}]))).toEqual([
      ['C02', 'standing'],
      ['T07', 'standing'],
    ])
  })

  test('are large objects, tables that are searched row by row, and too many writes, though they do not block', () => {
    const error = [{ severity: 'error' as const, fix: { kind: 'advice' as const, text: 'Do not.' } }]
    expect(kinds(...['O20', 'I03', 'I04', 'I08', 'X08'].map((id) => found(id, error)))).toEqual([
      ['O20', 'standing'],
      ['I03', 'standing'],
      ['I04', 'standing'],
      ['I08', 'standing'],
    ])
  })

  test('are not what is a warning, or was waived', () => {
    const waived = { waived: { reason: 'known', until: '2099-01-01' } }
    expect(kinds(found('I08', [{ severity: 'info' }]), found('C02', [waived]))).toEqual([])
  })
})
