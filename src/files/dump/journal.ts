import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { WrittenFile } from '../../archive/index.ts'
import type { TableSum } from '../../verify/index.ts'
import { makeError } from './errors.ts'
import type { ArchiveChoices } from './options.ts'

const headSchema = z.object({ format: z.literal(1), identity: z.string(), choices: z.unknown() })

const tableSchema = z.object({
  schema: z.string(),
  name: z.string(),
  dumpId: z.int(),
  rows: z.int(),
  bytes: z.int(),
  file: z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }),
})

const sumSchema = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.object({ name: z.string(), builtIn: z.string().optional() })),
  rows: z.int(),
  hash: z.string().optional(),
})

const lineSchema = z.union([z.object({ table: tableSchema }), z.object({ sum: sumSchema })])

/** A table whose data file is whole. */
export interface FinishedTable {
  schema: string
  name: string
  dumpId: number
  rows: number
  bytes: number
  file: WrittenFile
}

/** What an earlier process had done when it ended. */
export interface EarlierDump {
  /** `SourceSnapshot.identity` of its moment. */
  identity: string
  tables: FinishedTable[]
  sums: TableSum[]
  /** Whether it was to become the archive that is wanted now. */
  isOf: (choices: ArchiveChoices) => boolean
}

/**
 * The record of a dump into a directory, beside it: what is finished, line by line, for a process that goes on. It is not
 * made durable: after a crash of the machine, sizes and checksums tell what of it is true.
 */
export class Journal implements AsyncDisposable {
  readonly #path: string
  readonly #handle: FileHandle
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  /** Reads what is there; undefined where nothing is. A last line that was cut off is passed over. */
  static async read(path: string): Promise<EarlierDump | undefined> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw makeError(path, error)
    })
    if (text === undefined) return undefined
    const [first, ...rest] = text.split('\n')
    const head = headSchema.safeParse(parsed(first ?? ''))
    if (!head.success) return { identity: '', tables: [], sums: [], isOf: () => false }
    const earlier: Pick<EarlierDump, 'tables' | 'sums'> = { tables: [], sums: [] }
    for (const line of rest) {
      const read = lineSchema.safeParse(parsed(line))
      if (!read.success) break
      if ('table' in read.data) earlier.tables.push(read.data.table)
      else {
        const { hash, columns, ...sum } = read.data.sum
        earlier.sums.push({ ...sum, hash, columns: columns.map(({ name, builtIn }) => ({ name, builtIn })) })
      }
    }
    const { identity, choices } = head.data
    return { identity, ...earlier, isOf: (wanted) => isDeepStrictEqual(choices, JSON.parse(JSON.stringify(wanted))) }
  }

  /** Begins a new one in place of whatever is there, with what is kept of that. */
  static async begin(
    path: string,
    {
      identity,
      choices,
      kept,
    }: { identity: string; choices: ArchiveChoices; kept: Pick<EarlierDump, 'tables' | 'sums'> },
  ): Promise<Journal> {
    const lines = [
      { format: 1, identity, choices },
      ...kept.tables.map((table) => ({ table })),
      ...kept.sums.map((sum) => ({ sum })),
    ]
    try {
      const handle = await open(`${path}.new`, 'w', 0o600)
      const journal = new Journal(path, handle)
      for (const line of lines) await journal.#append(line)
      await rename(`${path}.new`, path)
      return journal
    } catch (error) {
      throw makeError(path, error)
    }
  }

  table(table: FinishedTable): Promise<void> {
    return this.#append({ table })
  }

  sum(sum: TableSum): Promise<void> {
    return this.#append({ sum })
  }

  /** The dump is whole: nobody goes on with it. */
  async remove(): Promise<void> {
    await this.#tail
    await rm(this.#path, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail.catch(() => undefined)
    await this.#handle.close()
  }

  /** One line after the other: tables are finished side by side. */
  async #append(line: object): Promise<void> {
    const before = this.#tail
    const writing = (async () => {
      await before
      try {
        await this.#handle.appendFile(`${JSON.stringify(line)}\n`)
      } catch (error) {
        throw makeError(this.#path, error)
      }
    })()
    this.#tail = writing.catch(() => undefined)
    await writing
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
