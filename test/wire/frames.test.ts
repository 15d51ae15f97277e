import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameWalker } from '../../src/wire/frames.ts'
import { MESSAGE } from '../../src/wire/messages.ts'

interface Message {
  type: number
  body: Buffer
}

function encode({ type, body }: Message): Buffer {
  const header = Buffer.alloc(5)
  header[0] = type
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

/** What a walker sees of a stream that arrives in these chunks. */
function walk(chunks: Buffer[]) {
  const runs: { bytes: Buffer; rest: number }[] = []
  const messages: Message[] = []
  const order: string[] = []
  const walker = new FrameWalker({
    data(bytes, rest) {
      runs.push({ bytes, rest })
      if (order.at(-1) !== 'data') order.push('data')
    },
    message(type, body) {
      messages.push({ type, body: Buffer.from(body) })
      order.push(String.fromCodePoint(type))
    },
  })
  for (const chunk of chunks) walker.walk(chunk)
  return { runs, messages, order, walker }
}

const STREAM: Message[] = [
  { type: MESSAGE.copyOutResponse, body: Buffer.from([0, 0, 0]) },
  { type: MESSAGE.copyData, body: Buffer.from('one\n') },
  { type: MESSAGE.copyData, body: Buffer.alloc(0) },
  { type: MESSAGE.copyData, body: Buffer.from('dEZ\n') },
  { type: 0x4e, body: Buffer.from('SNOTICE\0\0') },
  { type: MESSAGE.copyData, body: Buffer.from('three\n') },
  { type: MESSAGE.copyDone, body: Buffer.alloc(0) },
  { type: MESSAGE.commandComplete, body: Buffer.from('COPY 4\0') },
  { type: MESSAGE.readyForQuery, body: Buffer.from('I') },
]

const dataOf = (messages: Message[]) =>
  Buffer.concat(messages.filter(({ type }) => type === MESSAGE.copyData).map(encode))
const othersOf = (messages: Message[]) => messages.filter(({ type }) => type !== MESSAGE.copyData)

test('a stream cut in two at any byte gives the same data, messages and counts', () => {
  const bytes = Buffer.concat(STREAM.map(encode))
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const seen = walk([bytes.subarray(0, cut), bytes.subarray(cut)])
    expect(Buffer.concat(seen.runs.map((run) => run.bytes))).toEqual(dataOf(STREAM))
    expect(seen.messages).toEqual(othersOf(STREAM))
    expect(seen.order).toEqual(['H', 'data', 'N', 'data', 'c', 'C', 'Z'])
    expect(seen.walker).toMatchObject({ frames: 4, bytes: dataOf(STREAM).length, midFrame: false })
  }
})

test('a stream that comes byte by byte gives the same, too', () => {
  const seen = walk(Array.from(Buffer.concat(STREAM.map(encode)), (byte) => Buffer.from([byte])))
  expect(Buffer.concat(seen.runs.map((run) => run.bytes))).toEqual(dataOf(STREAM))
  expect(seen.messages).toEqual(othersOf(STREAM))
  expect(seen.walker.frames).toBe(4)
})

test('a chunk of nothing but CopyData is handed on as the same Buffer, not as a copy', () => {
  const chunk = encode({ type: MESSAGE.copyData, body: Buffer.from('row') })
  expect(walk([chunk]).runs[0]?.bytes).toBe(chunk)
})

const message = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant<number>(MESSAGE.copyData) }, fc.constantFrom(0x4e, 0x53, 0x43, 0x48)),
    fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 200, maxLength: 300 })),
  )
  .map(([type, body]): Message => ({ type, body: Buffer.from(body) }))

test('any stream, cut in any way, comes out whole and in order', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), fc.array(fc.nat(2000), { maxLength: 40 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(encode))
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length]
      const seen = walk(places.slice(1).map((to, index) => bytes.subarray(places[index], to)))
      expect(Buffer.concat(seen.runs.map((run) => run.bytes))).toEqual(dataOf(messages))
      expect(seen.messages).toEqual(othersOf(messages))
      expect(seen.walker.frames).toBe(messages.length - othersOf(messages).length)
      expect(seen.walker.midFrame).toBe(false)
    }),
  )
})

test('whoever stops in the middle finds the end of the frame that it owes by `rest` and `midFrame`', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 20 }),
      fc.nat(3000),
      fc.nat(50),
      (messages, stop, step) => {
        const bytes = Buffer.concat(messages.map(encode))
        let sent = Buffer.alloc(0)
        let owes = false
        let stopped = false
        const walker: FrameWalker = new FrameWalker({
          data(run, rest) {
            if (!stopped) sent = Buffer.concat([sent, run])
            else if (owes) sent = Buffer.concat([sent, run.subarray(0, rest)])
            if (!stopped) owes = walker.midFrame
            else owes &&= rest === run.length && walker.midFrame
          },
          message() {},
        })
        for (let at = 0; at < bytes.length; at += step + 1) {
          walker.walk(bytes.subarray(at, at + step + 1))
          stopped ||= at >= stop
        }
        // What was sent is a whole number of CopyData messages: it parses without a rest.
        const again = walk([sent])
        expect(again.walker.midFrame).toBe(false)
        expect(again.walker.bytes).toBe(sent.length)
        expect(dataOf(messages).subarray(0, sent.length)).toEqual(sent)
      },
    ),
  )
})

test('a length that no message has is an error, not an endless loop', () => {
  const broken = Buffer.from([MESSAGE.copyData, 0, 0, 0, 3, 1, 2, 3])
  expect(() => walk([broken])).toThrow(expect.objectContaining({ code: 'wire.protocol' }))
  expect(() => walk([broken.subarray(0, 2), broken.subarray(2)])).toThrow('impossible length')
})
