import type { ServerFields } from '../connection/index.ts'

/** Type bytes of the messages that COPY needs (PostgreSQL docs, "Message Formats"). */
export const MESSAGE = {
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  query: 0x51, // Q
  commandComplete: 0x43, // C
  copyInResponse: 0x47, // G
  copyOutResponse: 0x48, // H
  errorResponse: 0x45, // E
  noticeResponse: 0x4e, // N
  readyForQuery: 0x5a, // Z
} as const

/** A message's type byte and its length, which counts itself. */
export const HEADER_BYTES = 5

export function queryMessage(sql: string | Buffer): Buffer {
  return textMessage(MESSAGE.query, sql)
}

/** The header of a Query message; the text and a final zero, counted in, follow it as writes of their own. */
export function queryHeader(bodyBytes: number): Buffer {
  return header(MESSAGE.query, bodyBytes)
}

export function copyFailMessage(reason: string): Buffer {
  return textMessage(MESSAGE.copyFail, reason)
}

export function copyDoneMessage(): Buffer {
  return header(MESSAGE.copyDone, 0)
}

/** The header of a CopyData message; the payload follows it as a write of its own, so that it is never copied. */
export function copyDataHeader(payloadBytes: number): Buffer {
  return header(MESSAGE.copyData, payloadBytes)
}

function textMessage(type: number, text: string | Buffer): Buffer {
  const body = typeof text === 'string' ? Buffer.from(text) : text
  return Buffer.concat([header(type, body.length + 1), body, Buffer.alloc(1)])
}

function header(type: number, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes[0] = type
  bytes.writeInt32BE(bodyBytes + 4, 1)
  return bytes
}

/** The fields of an ErrorResponse: a letter and a text each (PostgreSQL docs, "Error and Notice Message Fields"). */
export function parseError(body: Buffer): ServerFields {
  const fields = new Map<string, string>()
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at + 1)
    const stop = end === -1 ? body.length : end
    fields.set(String.fromCodePoint(body[at] ?? 0), body.toString('utf8', at + 1, stop))
    at = stop + 1
  }
  return {
    // V is S untranslated, from 9.6 on.
    severity: fields.get('V') ?? fields.get('S') ?? 'ERROR',
    sqlstate: fields.get('C') ?? '',
    message: fields.get('M') ?? '',
    detail: fields.get('D'),
    hint: fields.get('H'),
    position: fields.get('P'),
    where: fields.get('W'),
    schema: fields.get('s'),
    table: fields.get('t'),
    column: fields.get('c'),
    dataType: fields.get('d'),
    constraint: fields.get('n'),
    routine: fields.get('R'),
  }
}

/** The rows that a CommandComplete of COPY counts: `COPY 12`. Undefined for another command's tag. */
export function copiedRows(body: Buffer): number | undefined {
  const match = /^COPY (\d+)\0$/.exec(body.toString('latin1'))
  return match === null ? undefined : Number(match[1])
}
