import type { ByteRange } from './bytes.ts'
import { damaged } from './errors.ts'

const BLOCK = 512
/** Where a header's fields are (pgtar.h), all but the name numbers in octal text. */
const NAME = [0, 100] as const
const SIZE = [124, 136] as const
const CHECKSUM = [148, 156] as const
const TYPE = 156
const REGULAR = new Set(['0', '\0', '7'])

export interface TarMember {
  at: number
  size: number
}

/** True where a file begins as the tar format of pg_dump does: with a sound header. */
export function beginsAsTar(start: Buffer): boolean {
  return start.length >= BLOCK && hasSum(start.subarray(0, BLOCK))
}

/**
 * Where each file of a tar file is. Only headers are read. Files of other kinds and in folders are passed over: pg_dump
 * writes none, and nothing is ever unpacked.
 */
export async function tarMembers(range: ByteRange): Promise<Map<string, TarMember>> {
  const members = new Map<string, TarMember>()
  for (let at = 0; at < range.size;) {
    const header = await range.read(at, BLOCK)
    if (header.length < BLOCK) throw damaged(at, 'it ends in the middle of a header')
    at += BLOCK
    if (header.every((byte) => byte === 0)) continue
    if (!hasSum(header)) throw damaged(at - BLOCK, 'the checksum of a header is wrong')
    const size = number(header, SIZE)
    if (size === undefined || size > range.size - at) throw damaged(at, 'a file does not fit into it')
    const name = text(header, NAME)
    if (REGULAR.has(String.fromCharCode(header[TYPE] ?? 0))) {
      if (members.has(name)) throw damaged(at, `it holds ${name} twice`)
      members.set(name, { at, size })
    }
    at += Math.ceil(size / BLOCK) * BLOCK
  }
  return members
}

function hasSum(header: Buffer): boolean {
  const [from, to] = CHECKSUM
  let sum = 0
  for (const [at, byte] of header.entries()) sum += at >= from && at < to ? 0x20 : byte
  return number(header, CHECKSUM) === sum
}

function text(header: Buffer, [from, to]: readonly [number, number]): string {
  const field = header.subarray(from, to)
  const end = field.indexOf(0)
  return field.toString('latin1', 0, end === -1 ? field.length : end).replace(/^\.\//, '')
}

/** Octal text; or, where that is too short, a high bit and the number in base 256 (read_tar_number of tar.c). */
function number(header: Buffer, [from, to]: readonly [number, number]): number | undefined {
  const field = header.subarray(from, to)
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    return Number.isSafeInteger(value) ? value : undefined
  }
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString('latin1'))?.[1]
  return digits === undefined ? undefined : parseInt(digits, 8)
}
