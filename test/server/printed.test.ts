import { describe, expect, test } from 'vitest'
import { plain, reportPrinter, serverText, type ServerReport } from '../../src/report/index.ts'
import { pgleap } from './support.ts'

const END = { host: 'old', port: 5432, database: 'postgres', user: 'me', version: '14.1' }
const REPORT: ServerReport = {
  source: END,
  target: { ...END, host: 'new', version: '18.0' },
  startedAt: '2026-01-01T00:00:00.000Z',
  ms: 12_000,
  verdict: 'DIFFERENT',
  roles: {
    source: { ...END, provider: 'self-managed PostgreSQL' },
    target: { ...END, provider: 'self-managed PostgreSQL' },
    startedAt: '2026-01-01T00:00:00.000Z',
    ms: 100,
    mode: 'apply',
    roles: 3,
    changes: [],
    refused: [{ kind: 'role', object: 'role app', sql: 'CREATE ROLE app', sqlstate: '42501', message: 'no <b>way' }],
    blocked: [],
    differences: [],
    leftOut: [],
    noLogin: [],
    ownMemberships: [],
    tablespaces: [],
    verdict: 'DIFFERENT',
    passwords: 'SAME',
  },
  databases: [
    {
      database: 'shop <i>|',
      state: 'failed',
      verdict: 'DIFFERENT',
      when: 'now',
      properties: [],
      error: { code: 'target.missing-extensions', message: 'The target does not offer it.', party: 'target' },
    },
    {
      database: 'wiki',
      state: 'done',
      verdict: 'DIFFERENT',
      when: 'earlier',
      properties: [{ object: 'wiki', kind: 'database owner', verdict: 'DIFFERENT', detail: 'a on the source' }],
    },
  ],
  leftOut: [{ database: 'postgres', reason: 'empty', message: 'Nobody has made anything in it.' }],
  notices: [],
}

describe('the report of a whole server', () => {
  test.each(['r.json', 'r.md', 'r.html'])('as %s has every database, what failed and what differs', (file) => {
    const text = reportPrinter(file)(REPORT, (safe) => safe)
    for (const word of ['shop', 'wiki', 'does not offer it', 'a on the source', '42501', 'Nobody has made']) {
      expect(text).toContain(word)
    }
  })

  test.each(['r.md', 'r.html'])('as %s holds no markup of others', (file) => {
    expect(reportPrinter(file)(REPORT, (safe) => safe)).not.toMatch(/<i>\||no <b>way/u)
  })

  test('as text names what failed, and the next step', () => {
    const text = serverText(REPORT, plain)
    expect(text).toContain('Verdict: DIFFERENT (1 database of 2 databases could not be finished)')
    expect(text).toContain('failed  The target does not offer it. (target.missing-extensions)')
    expect(text).toContain('pgleap resume --all-databases TARGET')
  })
})

describe('the command line', () => {
  test.each([
    [['--all-databases', '--create'], '--create'],
    [['--all-databases', '--include', 'a', '--into-non-empty'], '--into-non-empty, --include'],
    [['--exclude-database', 'a'], 'whole server'],
  ])('refuses %j before it connects', async (options, word) => {
    const { code, error } = await pgleap(['migrate', 'host=127.0.0.1 port=1', 'host=127.0.0.1 port=2', ...options])
    expect({ code, error: error?.code, message: error?.message }).toEqual({
      code: 2,
      error: 'usage.option',
      message: expect.stringContaining(word),
    })
  })
})
