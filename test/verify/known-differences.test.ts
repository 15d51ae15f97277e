import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/archive/index.ts'
import { isSameQuery, KNOWN_DIFFERENCES } from '../../src/verify/known-differences.ts'

const TO_16 = { source: 14, target: 17 }

describe('a query printed before 16 and by 16', () => {
  it.each([
    ['SELECT orders.total FROM shop.orders', 'SELECT total FROM shop.orders'],
    ['SELECT total.total FROM shop.total', 'SELECT total FROM shop.total'],
    ['SELECT o.*, (o.home).city FROM t o WHERE (o."A b" > 1)', 'SELECT *, (home).city FROM t o WHERE ("A b" > 1)'],
    ['SELECT a.x, b.y FROM a JOIN b ON a.x = b.x', 'SELECT a.x, b.y FROM a JOIN b ON a.x = b.x'],
  ])('is the same: %s', (before, now) => {
    expect(isSameQuery(before, now, TO_16)).toBe(true)
  })

  it.each([
    ['another column', 'SELECT orders.total FROM shop.orders', 'SELECT sum FROM shop.orders'],
    ['another schema', 'SELECT shop.net(1)', 'SELECT net(1)'],
    ['another table', 'SELECT o.total FROM shop.orders o', 'SELECT total FROM orders o'],
    ['another type', "SELECT 'x'::shop.t FROM shop.orders shop", "SELECT 'x'::t FROM shop.orders shop"],
    ['another one of two tables', 'SELECT a.x FROM a, shop.b', 'SELECT x FROM a, b'],
    ['another constant', 'SELECT o.total FROM o WHERE o.total > 1', 'SELECT total FROM o WHERE total > 2'],
    ['more at the end', 'SELECT o.total FROM o', 'SELECT total FROM o WHERE true'],
    ['less at the end', 'SELECT o.total FROM o WHERE true', 'SELECT total FROM o'],
    ['names the other way round', 'SELECT total FROM o', 'SELECT o.total FROM o'],
  ])('is another with %s', (_, before, now) => {
    expect(isSameQuery(before, now, TO_16)).toBe(false)
  })

  it('has to be the same text on servers that print alike', () => {
    const texts = ['SELECT o.total FROM o', 'SELECT total FROM o'] as const
    expect(isSameQuery(...texts, { source: 16, target: 18 })).toBe(false)
    expect(isSameQuery(...texts, { source: 13, target: 15 })).toBe(false)
  })
})

describe('the grants of a table on 17', () => {
  const rule = KNOWN_DIFFERENCES.find(({ why }) => why.includes('MAINTAIN'))
  const entry: Entry = {
    dumpId: 1,
    catalogOid: { table: 0, object: 0 },
    tag: 'TABLE t',
    desc: 'ACL',
    section: 'none',
    defn: '',
    dropStmt: '',
    copyStmt: '',
    namespace: undefined,
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: 'Own er',
    dependencies: [],
    hadDumper: false,
    data: undefined,
  }
  const rewrite = (sql: string) => rule?.rewrite(sql, entry)

  it('are those of 16 where only the owner has MAINTAIN besides', () => {
    const before = 'REVOKE SELECT,INSERT,REFERENCES,DELETE,TRIGGER,TRUNCATE,UPDATE ON TABLE t FROM "Own er";'
    const now = 'REVOKE ALL ON TABLE t FROM "Own er";\nGRANT MAINTAIN ON TABLE t TO "Own er";'
    expect(rewrite(now)).toBe(rewrite(before))
  })

  it('are others where somebody else got MAINTAIN, or the owner more than that', () => {
    expect(rewrite('GRANT MAINTAIN ON TABLE t TO someone;')).toContain('MAINTAIN')
    expect(rewrite('GRANT SELECT,MAINTAIN ON TABLE t TO "Own er";')).toBe('GRANT SELECT ON TABLE t TO "Own er";')
  })

  it('and a policy’s roles may come in any order, but not be others', () => {
    const policies = KNOWN_DIFFERENCES.find(({ why }) => why.includes('getPolicies'))
    const text = (roles: string) =>
      policies?.rewrite(`CREATE POLICY p ON t FOR SELECT TO ${roles} USING ((a > 1));`, entry)
    expect(text('zoe, "A, ""b"')).toBe(text('"A, ""b", zoe'))
    expect(text('zoe, anna')).not.toBe(text('zoe, bert'))
  })

  it('are only looked at this way between 16 and 17', () => {
    expect(rule?.between(16, 17)).toBe(true)
    expect(rule?.between(17, 18)).toBe(false)
    expect(rule?.about(entry)).toBe(true)
  })
})
