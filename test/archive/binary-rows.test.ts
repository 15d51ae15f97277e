import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BINARY_HEADER, BINARY_TRAILER, withoutBinaryFrame } from '../../src/archive/binary-rows.ts'
import { bytesOf, outcome, refusal } from './streams.ts'

/** NULLs and bytes of 255 look like the end of the rows. */
const value = fc.option(
  fc.uint8Array({ maxLength: 6, max: 255 }).map((bytes) => bytes.map((byte) => (byte > 99 ? 255 : byte))),
)
const rows = fc
  .array(fc.array(value, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
  .map((all) => Buffer.concat(all.map((row) => rowOf(row))))
const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 })

function rowOf(columns: readonly (Uint8Array | null)[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(columns.length)
  const values = columns.flatMap((column) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(column?.length ?? -1)
    return [length, Buffer.from(column ?? [])]
  })
  return Buffer.concat([count, ...values])
}

async function* cutUp(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield await Promise.resolve(bytes.subarray(at, at + size))
    at += size
  }
}

test('rows in binary form come out without header and trailer, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(rows, cuts, async (body, sizes) => {
      const whole = Buffer.concat([BINARY_HEADER, body, BINARY_TRAILER])
      expect(await bytesOf(withoutBinaryFrame(cutUp(whole, sizes)))).toEqual(body)
    }),
  )
})

test('rows that are cut off anywhere, or go on behind their end, are refused', async () => {
  await fc.assert(
    fc.asyncProperty(rows, cuts, async (body, sizes) => {
      const whole = Buffer.concat([BINARY_HEADER, body, BINARY_TRAILER])
      for (let length = 0; length < whole.length; length += 1) {
        const error = await refusal(bytesOf(withoutBinaryFrame(cutUp(whole.subarray(0, length), sizes))))
        expect(error.code).toBe('archive.corrupt')
      }
      const longer = Buffer.concat([whole, Buffer.of(0)])
      expect((await refusal(bytesOf(withoutBinaryFrame(cutUp(longer, sizes))))).code).toBe('archive.corrupt')
    }),
    { numRuns: 30 },
  )
})

test('bytes that were altered are refused, or come out as they are', async () => {
  await fc.assert(
    fc.asyncProperty(rows, cuts, fc.nat(), fc.nat(255), async (body, sizes, place, byte) => {
      const whole = Buffer.concat([BINARY_HEADER, body, BINARY_TRAILER])
      whole[place % whole.length] = byte
      const found = await outcome(bytesOf(withoutBinaryFrame(cutUp(whole, sizes))))
      const asTheyAre = whole.subarray(BINARY_HEADER.length, -BINARY_TRAILER.length)
      expect(found instanceof Buffer ? found : asTheyAre).toEqual(asTheyAre)
    }),
  )
})
