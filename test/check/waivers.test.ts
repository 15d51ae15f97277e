import { describe, expect, test } from 'vitest'
import { parseWaivers, readWaivers } from '../../src/check/read-waivers.ts'
import { applyWaivers } from '../../src/check/waivers.ts'
import type { CheckResult } from '../../src/report/index.ts'

const FILE = `
# known
- id: O20
  reason: not needed any more
  until: 2026-12-31
- id: S04
  object: slot old_*
  reason: dropped on Friday
  until: 2026-06-30
`

function results(...found: [id: string, object?: string][]): CheckResult[] {
  return found.map(([id, object]) => ({
    id,
    title: 'Nothing is there',
    severity: 'block',
    paths: ['offline'],
    status: 'found',
    findings: [{ id, severity: 'block', message: 'It is there.', ...(object === undefined ? {} : { object }) }],
  }))
}

function stateOf(text: string, found: CheckResult[], today: string) {
  const judged = applyWaivers(found, parseWaivers(text, 'w.yml'), today)
  return {
    waived: judged.results.flatMap((one) => (one.status === 'found' ? one.findings : [])).map(({ waived }) => waived),
    states: judged.waivers.map(({ id, state, matches }) => `${id} ${state} ${String(matches)}`),
  }
}

describe('a waiver', () => {
  test('silences what it names up to its last day, and the finding stays', () => {
    const found = results(['O20'], ['S04', 'slot old_one'], ['S04', 'slot new_one'])
    expect(stateOf(FILE, found, '2026-06-30')).toEqual({
      waived: [
        { reason: 'not needed any more', until: '2026-12-31' },
        { reason: 'dropped on Friday', until: '2026-06-30' },
        undefined,
      ],
      states: ['O20 used 1', 'S04 used 1'],
    })
  })

  test('that has ended silences nothing, and says what it would match', () => {
    expect(stateOf(FILE, results(['S04', 'slot old_one']), '2026-07-01')).toEqual({
      waived: [undefined],
      states: ['O20 unused 0', 'S04 expired 1'],
    })
  })

  test('takes the characters of an object for themselves, but * and ?', () => {
    expect(matches('public.a(b)', 'public.a(b)')).toBe(true)
    expect(matches('public.?', 'public.x')).toBe(true)
    expect(matches('public.?', 'public.xy')).toBe(false)
    expect(matches('publicXa', 'public.a')).toBe(false)
    expect(matches('public.a', 'publicXa')).toBe(false)
    expect(matches('*', 'any\nthing')).toBe(true)
    expect(matches('orders', 'public.orders')).toBe(false)
  })
})

describe('a waiver file', () => {
  test('may be empty', () => {
    expect(parseWaivers('', 'w.yml')).toEqual([])
    expect(parseWaivers('# nothing yet\n', 'w.yml')).toEqual([])
  })

  test.each([
    ['- id: O20\n  until: 2026-12-31\n', 'line 1, 0.reason'],
    ['- id: O20\n  reason: r\n  until: tomorrow\n', 'line 3, 0.until: a day, for example 2026-12-31'],
    ['- id: O20\n  reason: r\n  until: 2026-02-30\n', 'line 3, 0.until'],
    [
      '- id: O20\n  reason: r\n  until: 2026-12-31\n- id: 7\n  reason: " "\n  until: 2026-12-31\n',
      'line 5, 1.reason: say why',
    ],
    ['- id: O20\n  reason: r\n  untill: 2026-12-31\n', 'untill'],
    ['id: O20\n', 'line 1: '],
    ['- [', 'line 1: '],
  ])('%j is refused with the line and the key', (text, expected) => {
    expect(() => parseWaivers(text, 'w.yml')).toThrow(
      expect.objectContaining({ code: 'usage.waivers', message: expect.stringContaining(expected) }),
    )
  })

  test('that is not there is a mistake', async () => {
    await expect(readWaivers('/nonexistent/w.yml')).rejects.toMatchObject({ code: 'usage.waivers', party: 'usage' })
  })
})

function matches(pattern: string, object: string): boolean {
  const text = `[{id: O20, object: '${pattern}', reason: r, until: 2026-12-31}]`
  return stateOf(text, results(['O20', object]), '2026-01-01').states[0] === 'O20 used 1'
}
