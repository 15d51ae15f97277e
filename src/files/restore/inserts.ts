import { decoderOf, type ArchiveSettings } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import type { StepResult } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'

/** Statements travel together, up to about this many bytes. */
const BATCH_BYTES = 256 * 1024

export interface InsertsOptions {
  /** `"schema"."name"`. */
  table: string
  mode: 'whole' | 'append'
  settings: ArchiveSettings
}

/** Runs the INSERT statements of an entry that was dumped with --inserts, --column-inserts or --rows-per-insert. */
export async function runInserts(
  target: Session,
  chunks: AsyncIterable<Buffer>,
  { table, mode, settings }: InsertsOptions,
): Promise<StepResult> {
  const decode = decoderOf(settings.clientEncoding)
  const before = mode === 'whole' ? 0 : await countRows(target, table)
  let bytes = 0
  let waiting: Buffer[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return
    const text = decode(Buffer.concat(waiting))
    if (text === undefined) throw unreadable(table, settings.clientEncoding)
    waiting = []
    size = 0
    await target.script(text)
  }
  for await (const statement of statements(chunks, settings.standardConformingStrings)) {
    bytes += statement.length
    waiting.push(statement)
    size += statement.length
    if (size >= BATCH_BYTES) await flush()
  }
  await flush()
  return { bytes, rows: (await countRows(target, table)) - before }
}

/** The rows of one statement can be many: the table itself tells how many came. */
async function countRows(target: Session, table: string): Promise<number> {
  const [row] = await target.query<{ rows: number }>(`SELECT pg_catalog.count(*) AS rows FROM ONLY ${table}`)
  return row?.rows ?? 0
}

const QUOTE = 0x27
const DOUBLE_QUOTE = 0x22
const BACKSLASH = 0x5c
const SEMICOLON = 0x3b

/**
 * Cuts a stream into statements at semicolons outside of quotes: all that pg_dump's INSERTs hold are strings and quoted
 * names (ExecuteSimpleCommands in pg_backup_db.c does the same). What stands after the last semicolon is a statement, too.
 */
export async function* statements(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  standardStrings: 'on' | 'off',
): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  let quote = 0
  let isEscaped = false
  for await (const chunk of chunks) {
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0
      if (isEscaped) {
        isEscaped = false
      } else if (quote !== 0) {
        if (byte === quote) quote = 0
        else if (byte === BACKSLASH && quote === QUOTE && standardStrings === 'off') isEscaped = true
      } else if (byte === QUOTE || byte === DOUBLE_QUOTE) {
        quote = byte
      } else if (byte === SEMICOLON) {
        yield Buffer.concat([...begun, chunk.subarray(from, at + 1)])
        begun = []
        from = at + 1
      }
    }
    if (from < chunk.length) begun.push(Buffer.from(chunk.subarray(from)))
  }
  const rest = Buffer.concat(begun)
  if (!/^\s*$/.test(rest.toString('latin1'))) yield rest
}

function unreadable(table: string, encoding: string): PgleapError {
  return new PgleapError({
    code: 'archive.encoding',
    message: `The rows of ${table} hold text that is not valid in the archive's encoding, ${encoding}.`,
    hint: 'Make the dump again with pg_dump --encoding=UTF8.',
    party: 'usage',
  })
}
