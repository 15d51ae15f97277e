import { archiveSettings, binaryCopy, copyHead, dataForm, type Archive, type Entry } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import type { StepResult } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import type { EntryDataWork } from '../../plan/index.ts'
import { qualified, quoteLiteral } from '../../sql.ts'
import { copyIn } from '../../wire/index.ts'
import type { Files } from './files.ts'
import { runInserts } from './inserts.ts'

export interface RowsOptions {
  signal: AbortSignal
  onProgress: (bytes: number) => void
}

/**
 * Brings a TABLE DATA entry's rows into its table, in the open transaction of the session. A table that this run has made is emptied
 * first, in the same transaction, so that neither its rows are logged where wal_level allows that, nor vacuum has to visit them again.
 */
export async function bringRows(
  target: Session,
  files: Files,
  work: EntryDataWork,
  options: RowsOptions,
): Promise<StepResult> {
  const entry = entryOf(files.open.archive, work.entry)
  const table = qualified(work.schema, work.name)
  if (work.mode === 'whole') await target.script(`TRUNCATE ONLY ${table}`)
  const rows = counted(files.open.data(entry, { signal: options.signal }), options.onProgress)
  const form = dataForm(entry)
  if (form === 'inserts') {
    return runInserts(target, rows, { table, mode: work.mode, settings: archiveSettings(files.open.archive) })
  }
  if (form === 'binary')
    return copyIn(target, copyStatement(entry, { format: 'binary', mode: work.mode }), binaryCopy(rows))
  const settings = archiveSettings(files.open.archive)
  const encoding = settings.clientEncoding === 'SQL_ASCII' ? await encodingOf(target) : settings.clientEncoding
  return copyIn(target, copyStatement(entry, { format: 'text', encoding, mode: work.mode }), rows)
}

/** @throws PgleapError `restore.no-entry`, where the archive is another one, in spite of its contents' hash */
export function entryOf({ entries }: Archive, dumpId: number): Entry {
  const entry = entries.find((one) => one.dumpId === dumpId)
  if (entry !== undefined) return entry
  throw new PgleapError({
    code: 'restore.no-entry',
    message: `The archive has no entry ${String(dumpId)}, which the plan of the restore names.`,
    hint: 'Name the archive that the restore began with.',
    party: 'usage',
  })
}

type CopyForm = { mode: EntryDataWork['mode'] } & ({ format: 'text'; encoding: string } | { format: 'binary' })

/**
 * pg_dump's COPY with options of our own: text is in the archive's encoding, and rows of a table that was emptied in this
 * transaction are frozen at once. Text within rows in binary form is in the session's encoding, UTF8: none other is dumped so.
 */
export function copyStatement(entry: Pick<Entry, 'copyStmt'>, form: CopyForm): string {
  const format = form.format === 'binary' ? 'FORMAT binary' : `FORMAT text, ENCODING ${quoteLiteral(form.encoding)}`
  return `${copyHead(entry)} FROM STDIN (${format}${form.mode === 'whole' ? ', FREEZE' : ''})`
}

/** Text of SQL_ASCII has no encoding to convert from: the target is told that it is its own, and refuses what is not. */
async function encodingOf(target: Session): Promise<string> {
  const [row] = await target.query<{ server_encoding: string }>('SHOW server_encoding')
  return row?.server_encoding ?? 'UTF8'
}

async function* counted(chunks: AsyncIterable<Buffer>, onProgress: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of chunks) {
    yield chunk
    bytes += chunk.length
    onProgress(bytes)
  }
}
