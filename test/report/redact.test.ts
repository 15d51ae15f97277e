import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactData, redactor, secretsOf } from '../../src/report/index.ts'

const none = redactor([])

describe('a redactor', () => {
  test.each([
    ['postgres://app:secret@host/db', 'postgres://app:***@host/db'],
    ['postgresql://app:p@ss/w?rd@host/db', 'postgresql://app:***@host/db'],
    ['host=h password=secret dbname=d', 'host=h password=*** dbname=d'],
    [String.raw`host=h password='a b\'c' dbname=d`, 'host=h password=*** dbname=d'],
    ['postgres://host/db?user=a&password=secret&x=1', 'postgres://host/db?user=a&password=***&x=1'],
    ['from postgres://a:b@h/x to postgres://c:d@h/y', 'from postgres://a:***@h/x to postgres://c:***@h/y'],
    ['nothing to hide: a@b', 'nothing to hide: a@b'],
  ])('masks %s', (text, safe) => {
    expect(none(text)).toBe(safe)
  })

  test('masks a secret wherever it stands, longest first', () => {
    expect(redactor(['hunter', 'hunter22'])('tried hunter22 and hunter')).toBe('tried *** and ***')
  })

  test('masks keys and values of data, and keeps its shape', () => {
    expect(redactData({ a: ['x secret', { secret: 1, b: null }] }, redactor(['secret']))).toEqual({
      a: ['x ***', { '***': 1, b: null }],
    })
  })

  test('masks any password of a connection URI that was given, in any message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 8, maxLength: 30 }), (password) => {
        const uri = `postgres://app:${encodeURIComponent(password)}@old.example:5432/shop`
        const redact = redactor(secretsOf([uri]))
        for (const text of [`cannot use ${password}!`, `cannot use ${uri}`, `it is ${encodeURIComponent(password)}`]) {
          expect(redact(text)).not.toContain(password)
          expect(redact(text)).not.toContain(encodeURIComponent(password))
        }
      }),
    )
  })

  test('masks any password of a key=value string that was given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 8, maxLength: 30 }), (password) => {
        const quoted = password.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)
        const redact = redactor(secretsOf([`host=old.example password='${quoted}' user=app`]))
        expect(redact(`cannot use ${password}!`)).not.toContain(password)
      }),
    )
  })
})

describe('secrets of connection strings', () => {
  test('are not words that name something else: masking those would tell more than it hides', () => {
    expect(secretsOf(['postgres://postgres:postgres@localhost/postgres'])).toEqual([])
    expect(secretsOf(['host=h user=admin password=admin'])).toEqual([])
    expect(secretsOf(['postgres://admin@h/shop'], ['shop'])).toEqual([])
  })

  test('are found as they stand and decoded', () => {
    expect(secretsOf(['postgres://a:x%40y@h/d', 'password=zz'], ['env'])).toEqual(['x%40y', 'x@y', 'zz', 'zz', 'env'])
  })
})
