import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellQuote } from '../../src/runbook/shell-quote.ts'

/** What a shell makes of the words. */
function words(script: string): string[] {
  const output = execFileSync('sh', { input: `printf '%s\\0' ${script}`, encoding: 'utf8' })
  return output.split('\0').slice(0, -1)
}

test('a shell reads exactly the words that were quoted', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    fc.stringMatching(/^['"\\$`!*?~#&;|<>(){}[\]\s=-]*$/u),
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 100 }), (texts) => {
      expect(words(texts.map(shellQuote).join(' '))).toEqual(texts)
    }),
    { numRuns: 15 },
  )
})

test('what needs no quotes gets none, so that scripts can be read', () => {
  expect(['--sample', '5%', 'results/x.json', 'a b', '', "it's"].map(shellQuote)).toEqual([
    '--sample',
    '5%',
    'results/x.json',
    "'a b'",
    "''",
    String.raw`'it'\''s'`,
  ])
})
