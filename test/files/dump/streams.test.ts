import { expect, test } from 'vitest'
import type { DataSink } from '../../../src/archive/index.ts'
import { pulled } from '../../../src/files/dump/pulled.ts'
import { SharedRows } from '../../../src/files/dump/rows.ts'

function collecting(): { sink: DataSink; text: () => string } {
  const written: Buffer[] = []
  return {
    sink: {
      // The next writer has its turn before this one goes on, as with a disk that is slow.
      write: async (chunk) => {
        written.push(Buffer.from(chunk))
        await new Promise((resolve) => setImmediate(resolve))
      },
      end: () => Promise.resolve({ bytes: 0, storedBytes: 0 }),
    },
    text: () => Buffer.concat(written).toString(),
  }
}

test('parts that write at once do not cut each other’s rows, however long a row is', async () => {
  const { sink, text } = collecting()
  const shared = new SharedRows(sink)
  const write = async (letter: string) => {
    using part = shared.part()
    for (const row of [letter, letter.repeat(2_500_000), `${letter}${letter}`]) {
      const bytes = Buffer.from(`${row}\n`)
      for (let at = 0; at < bytes.length; at += 300_000) {
        const piece = bytes.subarray(at, at + 300_000)
        const lastEnd = at + piece.length === bytes.length ? piece.length : undefined
        await part.write({ bytes: piece, lastEnd })
      }
    }
  }
  await Promise.all(['a', 'b', 'c'].map(write))
  const lines = text().split('\n').slice(0, -1)
  expect(lines.toSorted().map((line) => `${line.slice(0, 1)}${String(line.length)}`)).toEqual([
    'a1',
    'a2',
    'a2500000',
    'b1',
    'b2',
    'b2500000',
    'c1',
    'c2',
    'c2500000',
  ])
  expect(lines.every((line) => new Set(line.slice(0, 1) + line.slice(-1)).size === 1)).toBe(true)
})

test('a part that fails within a long row lets the others go on', async () => {
  const { sink, text } = collecting()
  const shared = new SharedRows(sink)
  {
    using failing = shared.part()
    await failing.write({ bytes: Buffer.alloc(2_000_000, 'x'), lastEnd: undefined })
  }
  using other = shared.part()
  await other.write({ bytes: Buffer.from('row\n'), lastEnd: 4 })
  expect(text().endsWith('row\n')).toBe(true)
})

test('a part that is lost while it waits to write a long row does not keep the others off afterwards', async () => {
  const { sink, text } = collecting()
  const shared = new SharedRows(sink)
  const first = shared.part()
  await first.write({ bytes: Buffer.alloc(2_000_000, 'x'), lastEnd: undefined })
  const lost = shared.part()
  const waiting = lost.write({ bytes: Buffer.alloc(2_000_000, 'y'), lastEnd: undefined })
  lost[Symbol.dispose]()
  await first.write({ bytes: Buffer.from('\n'), lastEnd: 1 })
  await waiting
  using other = shared.part()
  await other.write({ bytes: Buffer.from('row\n'), lastEnd: 4 })
  expect(text().endsWith('x\nrow\n')).toBe(true)
})

test('what is pushed is pulled in order, with one item ahead, and failures come through', async () => {
  const pushed: number[] = []
  const source = pulled<number>(async (push) => {
    for (const item of [1, 2, 3, 4]) {
      await push(item)
      pushed.push(item)
    }
    throw new Error('the source is lost')
  })
  const first = await source.next()
  expect(first.value).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(pushed).toEqual([1, 2])
  const rest: number[] = []
  await expect(async () => {
    for await (const item of source) rest.push(item)
  }).rejects.toThrow('the source is lost')
  expect(rest).toEqual([2, 3, 4])
})

test('a consumer that stops early stops who pushes', async () => {
  let stopped: unknown
  const source = pulled<number>(async (push) => {
    try {
      for (let item = 0; ; item += 1) await push(item)
    } catch (error) {
      stopped = error
      throw error
    }
  })
  for await (const item of source) if (item === 2) break
  expect(stopped).toBeInstanceOf(Error)
})
