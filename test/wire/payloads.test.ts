import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Payloads } from '../../src/wire/payloads.ts'

function message(row: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header[0] = 0x64
  header.writeInt32BE(row.length + 4, 1)
  return Buffer.concat([header, row])
}

test('rows come out whole however their messages are cut, and their ends are known', () => {
  const rows = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 30 })
  const cuts = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(rows, cuts, (all, sizes) => {
      const stream = Buffer.concat(all.map(message))
      const payloads = new Payloads('text')
      const out: Buffer[] = []
      const ends = new Set<number>()
      let done = 0
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        const { bytes, lastEnd } = payloads.take(Buffer.from(stream.subarray(at, at + size)))
        if (lastEnd !== undefined) ends.add(done + lastEnd)
        out.push(Buffer.from(bytes))
        done += bytes.length
        at += size
      }
      expect(Buffer.concat(out)).toEqual(Buffer.concat(all))
      const borders = all.reduce<number[]>((sums, row) => [...sums, (sums.at(-1) ?? 0) + row.length], [])
      for (const end of ends) expect(borders).toContain(end)
      expect(ends.has(done)).toBe(true)
    }),
  )
})

/** A row in binary form: how many columns there are, then the length of each, -1 for NULL. */
function binaryRow(columns: readonly (Uint8Array | null)[]): Buffer {
  const parts = [Buffer.alloc(2)]
  parts[0]?.writeInt16BE(columns.length)
  for (const column of columns) {
    const length = Buffer.alloc(4)
    length.writeInt32BE(column?.length ?? -1)
    parts.push(length, Buffer.from(column ?? []))
  }
  return Buffer.concat(parts)
}

test('of binary form, the rows come out without what stands before and behind them', () => {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
  const trailer = Buffer.of(0xff, 0xff)
  const column = fc.option(fc.uint8Array({ maxLength: 20 }))
  const rows = fc.array(fc.array(column, { minLength: 1, maxLength: 4 }), { maxLength: 12 })
  fc.assert(
    fc.property(rows, fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 10 }), (all, sizes) => {
      const bodies = all.map(binaryRow)
      // The header is in the message of the first row, or in that of the end.
      const [first, ...others] = [...bodies, trailer]
      const stream = Buffer.concat([Buffer.concat([header, first]), ...others].map(message))
      const payloads = new Payloads('binary')
      const out: Buffer[] = []
      let done = 0
      let end = 0
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        const { bytes, lastEnd } = payloads.take(Buffer.from(stream.subarray(at, at + size)))
        if (lastEnd !== undefined) end = done + lastEnd
        out.push(Buffer.from(bytes))
        done += bytes.length
        at += size
      }
      expect(Buffer.concat(out)).toEqual(Buffer.concat(bodies))
      expect(end).toBe(done)
    }),
  )
})
