import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern, matches } from '../../src/plan/patterns.ts'
import { quoteIdent } from '../../src/sql.ts'

const hit = (pattern: string, schema: string, name: string) => matches(compilePattern(pattern), schema, name)

describe('table patterns', () => {
  it('match a name in any schema, folded to lower case', () => {
    expect(hit('Orders', 'public', 'orders')).toBe(true)
    expect(hit('Orders', 'shop', 'orders')).toBe(true)
    expect(hit('orders', 'public', 'Orders')).toBe(false)
  })

  it('match the whole name, not a piece of it', () => {
    expect(hit('order', 'public', 'orders')).toBe(false)
    expect(hit('order*', 'public', 'orders')).toBe(true)
    expect(hit('order?', 'public', 'orders')).toBe(true)
  })

  it('take a schema before the dot, wildcards included', () => {
    expect(hit('shop.*', 'shop', 'anything')).toBe(true)
    expect(hit('shop.*', 'public', 'anything')).toBe(false)
    expect(hit('s*.orders', 'shop', 'orders')).toBe(true)
  })

  it('take quoted text as it stands, dots, stars and capitals included', () => {
    expect(hit('"a.b*C"', 'public', 'a.b*C')).toBe(true)
    expect(hit('"a.b*C"', 'public', 'a.bxC')).toBe(false)
    expect(hit('$weird', 'public', '$weird')).toBe(true)
  })

  it('understand alternatives and classes as psql does', () => {
    expect(hit('(orders|items)', 'public', 'items')).toBe(true)
    expect(hit('log_[0-9]+', 'public', 'log_17')).toBe(true)
  })

  it.each(['a.b.c', '"open', '', '(oops'])('refuse %j', (text) => {
    expect(() => compilePattern(text)).toThrow(expect.objectContaining({ code: 'filter.pattern' }))
  })

  it('match any quoted name exactly, and no other', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (name, other) => {
        expect(hit(quoteIdent(name), 'public', name)).toBe(true)
        expect(hit(`${quoteIdent('s.1')}.${quoteIdent(name)}`, 's.1', name)).toBe(true)
        expect(hit(quoteIdent(name), 'public', other)).toBe(name === other)
      }),
    )
  })
})
