import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byteSize, positive, renaming, repeated } from '../../src/cli/options.ts'
import { formatBytes } from '../../src/units.ts'

describe('the values of options', () => {
  test.each([
    ['8192', 8192],
    ['64MB', 64 * 1024 ** 2],
    ['1.5 gb', 1.5 * 1024 ** 3],
    ['2TB', 2 * 1024 ** 4],
    ['1kB', 1024],
  ])('%s is a size of %d bytes', (text, bytes) => {
    expect(byteSize(text)).toBe(bytes)
  })

  test.each(['', '0', '-1', 'MB', '1PB', '1e3', '0x10', '1 2', 'constructor'])('%j is no size', (text) => {
    expect(() => byteSize(text)).toThrow(/is no size/u)
  })

  test('a size that pgleap prints is a size that it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 4 }), (count, power) => {
        expect(byteSize(formatBytes(count * 1024 ** power))).toBe(count * 1024 ** power)
      }),
    )
  })

  test.each(['0', '-1', '1.5', '', ' 1', '1e3', '99999999999999999999'])('%j is no number of jobs', (text) => {
    expect(() => positive(text)).toThrow(/whole number/u)
  })

  test('role names may hold anything but an = in the old one', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (from, to) => {
        fc.pre(!from.includes('='))
        expect(Object.entries(renaming(`${from}=${to}`, undefined))).toEqual([[from, to]])
      }),
    )
  })

  test('repeated options add up', () => {
    expect(repeated('b', ['a'])).toEqual(['a', 'b'])
    expect(renaming('a=b', { x: 'y' })).toEqual({ x: 'y', a: 'b' })
  })
})
