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
      const payloads = new Payloads()
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
