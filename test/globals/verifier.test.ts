import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/connection/index.ts'
import { saslprep } from '../../src/globals/saslprep.ts'
import { isPasswordOf, scramVerifier, verifierKind } from '../../src/globals/verifier.ts'
import { quoteIdent, quoteLiteral } from '../../src/sql.ts'
import { connectClient, startServer, type OwnServer } from '../kit/index.ts'

let server: OwnServer
beforeAll(async () => {
  server = await startServer({ major: 16 })
})
afterAll(() => server[Symbol.asyncDispose]())

const PASSWORDS = [
  'simple',
  '  blanks around ',
  String.raw`q'uo"te\s:and@signs`,
  'Grüße', // one code point for the umlaut
  'Gru\u0308ße', // two
  'ﬁn ligature', // becomes two letters
  '\u2168 roman nine',
  'no\u00A0break',
  'zero\u200Bwidth',
  'soft\u00ADhyphen',
  '\u00AD', // vanishes as a whole
  'ｆｕｌｌ　ｗｉｄｔｈ',
  'tab\tand ﬁ', // a control character: prohibited, so the ligature stays
  'private \uE000 ﬁ',
  'replaced \uFFFD ﬁ',
  '密码パスワード',
  'emoji 🐘 alone',
  'שלום',
]

describe('SCRAM verifiers', () => {
  test.each(PASSWORDS)('of %j are what the server makes of the password', async (password) => {
    await using client = await connectClient(server.url())
    await client.query("set password_encryption = 'scram-sha-256'")
    await client.query('drop role if exists someone')
    await client.query(`create role someone login password ${quoteLiteral(password)}`)
    const { rows } = await client.query<{ v: string }>(
      "select rolpassword as v from pg_authid where rolname = 'someone'",
    )
    const theirs = rows[0]?.v ?? ''
    expect(verifierKind(new Secret(theirs))).toBe('scram')
    expect(isPasswordOf(new Secret(password), new Secret(theirs), 'someone')).toBe(true)
    expect(isPasswordOf(new Secret(`${password}x`), new Secret(theirs), 'someone')).toBe(false)
  })

  test('of random text are what the server makes of it, where pgleap makes one at all', async () => {
    await using client = await connectClient(server.url())
    await client.query("set password_encryption = 'scram-sha-256'")
    await client.query('drop role if exists random')
    await client.query('create role random login')
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }), async (password) => {
        fc.pre(!password.includes('\0') && saslprep(password) !== undefined)
        await client.query(`alter role random password ${quoteLiteral(password)}`)
        const { rows } = await client.query<{ v: string }>(
          "select rolpassword as v from pg_authid where rolname = 'random'",
        )
        expect(isPasswordOf(new Secret(password), new Secret(rows[0]?.v ?? ''), 'random')).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('differ each time, by their salt', () => {
    const one = scramVerifier(new Secret('same'))?.reveal()
    expect(one).not.toBe(scramVerifier(new Secret('same'))?.reveal())
    expect(isPasswordOf(new Secret('same'), new Secret(one ?? ''), 'any')).toBe(true)
  })

  test('are refused where a character that changes stands beside one that pgleap cannot place', () => {
    expect(saslprep('🐘 ﬁ')).toBeUndefined()
    expect(scramVerifier(new Secret('ﬁ שלום'))).toBeUndefined()
  })
})

describe('md5 verifiers', () => {
  test('of names with odd characters are known as such, and bound to the name', async () => {
    await using client = await connectClient(server.url())
    const name = String.raw`Ä "quoted" \name`
    await client.query("set password_encryption = 'md5'")
    await client.query(`create role ${quoteIdent(name)} password 'pw'`)
    const { rows } = await client.query<{ v: string }>('select rolpassword as v from pg_authid where rolname = $1', [
      name,
    ])
    const verifier = new Secret(rows[0]?.v ?? '')
    expect(verifierKind(verifier)).toBe('md5')
    expect(isPasswordOf(new Secret('pw'), verifier, name)).toBe(true)
    expect(isPasswordOf(new Secret('pw'), verifier, 'other')).toBe(false)
  })

  test('are told from what only looks like one', () => {
    expect(verifierKind(new Secret('md5'))).toBe('unknown')
    expect(verifierKind(new Secret(`md5${'A'.repeat(32)}`))).toBe('unknown')
    expect(verifierKind(new Secret('SCRAM-SHA-256$'))).toBe('unknown')
  })
})
