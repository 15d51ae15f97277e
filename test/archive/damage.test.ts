import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openArchive, type Compression } from '../../src/archive/index.ts'
import { PgleapError } from '../../src/errors.ts'
import { CONTENTS, readContents, stored, type Contents } from './stored.ts'
import { outcome, refusal } from './streams.ts'

const KINDS: Compression[] = ['none', 'gzip', 'lz4', 'zstd']

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-damage-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function readAll(path: string): Promise<Contents> {
  await using archive = await openArchive(path)
  return await readContents(archive)
}

/** The one file of an archive, or the files of a directory. */
async function filesOf(path: string, format: 'custom' | 'directory' | 'tar'): Promise<string[]> {
  return format === 'directory' ? (await readdir(path)).map((name) => join(path, name)) : [path]
}

function verdictOf(result: Contents | PgleapError): 'refused' | 'same' | 'rows same' | 'different' {
  if (result instanceof PgleapError) return 'refused'
  if (isDeepStrictEqual(result, CONTENTS)) return 'same'
  const ids = [2, 3, 5]
  return ids.every((id) => isDeepStrictEqual(result.get(id), CONTENTS.get(id))) ? 'rows same' : 'different'
}

/**
 * What is cut off may be empty lines or padding behind the data. A large object's file says nothing of its length if it is
 * not compressed; and pg_dump makes an empty file of an empty object with lz4 and zstd. There the manifest tells.
 */
function allowed(file: string): RegExp {
  return /blob(_\d+\.dat(\.lz4|\.zst)?|s_4\.toc)$/.test(file) ? /^(refused|same|rows same)$/ : /^(refused|same)$/
}

describe.each(['custom', 'directory', 'tar'] as const)('an archive in %s format', (format) => {
  test.each(KINDS)('that is cut off anywhere is refused (%s)', async (compression) => {
    const path = join(folder, 'a')
    await stored(path, format, compression)
    for (const file of await filesOf(path, format)) {
      const whole = await readFile(file)
      // A tar file is mostly padding.
      const step = format === 'tar' ? 97 : whole.length > 400 ? 11 : 1
      for (let length = 0; length < whole.length; length += step) {
        await writeFile(file, whole.subarray(0, length))
        const verdict = verdictOf(await outcome(readAll(path)))
        expect({ file, length, verdict }).toEqual({ file, length, verdict: expect.stringMatching(allowed(file)) })
      }
      await writeFile(file, whole)
    }
    expect(await readAll(path)).toEqual(CONTENTS)
  })

  test.each(KINDS)('with flipped bytes is read, or refused with one clear error (%s)', async (compression) => {
    const path = join(folder, 'a')
    await stored(path, format, compression)
    const files = await filesOf(path, format)
    const originals = await Promise.all(files.map((file) => readFile(file)))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const damaged = originals.map((bytes) => Buffer.from(bytes))
        for (const [which, at, mask] of changes) {
          const bytes = damaged[which % damaged.length] ?? Buffer.alloc(0)
          if (bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
        }
        for (const [i, file] of files.entries()) await writeFile(file, damaged[i] ?? '')
        const result = await outcome(readAll(path))
        expect(result instanceof PgleapError ? result.message : path).toContain(path)
      }),
      { numRuns: 40 },
    )
  })
})

test('a length in a data block is not believed', async () => {
  const path = join(folder, 'a')
  await stored(path, 'custom', 'none')
  const whole = await readFile(path)
  const at = whole.indexOf('0\trow 0') - 5
  for (const [sign, length] of [
    [0, 0x7fffffff],
    [0, 0xffffffff],
    [1, 5],
    [2, 5],
  ] as const) {
    const bytes = Buffer.from(whole)
    bytes[at] = sign
    bytes.writeUInt32LE(length, at + 1)
    await writeFile(path, bytes)
    expect((await refusal(readAll(path))).code).toBe('archive.corrupt')
  }
})

test('data that is another entry’s is refused', async () => {
  const path = join(folder, 'a')
  await stored(path, 'custom', 'none')
  const whole = await readFile(path)
  const at = whole.indexOf('0\trow 0') - 10
  expect([...whole.subarray(at - 1, at + 2)]).toEqual([1, 0, 2])
  whole[at + 1] = 3
  await writeFile(path, whole)
  expect((await refusal(readAll(path))).message).toContain('entry 2 is not where it should be')
})

test('rows without their end marker are refused, whatever the file says', async () => {
  const path = join(folder, 'a')
  await stored(path, 'directory', 'none')
  for (const rows of ['', '1\n', '1\n\\.x\n', '\\.\n1\n', '1\\.\n']) {
    await writeFile(join(path, '2.dat'), rows)
    expect((await refusal(readAll(path))).message).toContain('end marker')
  }
  for (const [rows, read] of [
    ['\\.\n', ''],
    ['\n\n\\.\n\n\n', '\n\n'],
    [`${'x'.repeat(200_000)}\n\\.\n\n\n`, `${'x'.repeat(200_000)}\n`],
  ] as const) {
    await writeFile(join(path, '2.dat'), rows)
    expect((await readAll(path)).get(2)).toEqual(Buffer.from(read))
  }
})
