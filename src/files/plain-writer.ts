import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import {
  archiveSettings,
  charset,
  dataForm,
  entrySql,
  packedOutput,
  settingsSql,
  stagesOf,
  type Archive,
  type ArchiveData,
  type Compression,
  type Entry,
  type EntrySqlOptions,
  type LargeObject,
  type Stage,
  type TextMode,
  type WrittenFile,
} from '../archive/index.ts'
import { PgleapError } from '../errors.ts'

export interface PlainOptions {
  from: ArchiveData
  /** A file that is not there yet, or a stream, which is its owner's to end. */
  out: string | Writable
  /** Of the whole script; none by default. */
  compression?: Compression
  level?: number | undefined
  sql?: EntrySqlOptions
  /** How the archive's strings were read. */
  text?: TextMode
  signal?: AbortSignal | undefined
  /** Called before an entry's data is written, and behind it with its bytes. */
  onData?: (entry: Entry, bytes: number | undefined) => void
}

/** In the order of the passes of pg_restore: owners and grants need what they are about, refreshes need the rows. */
const PASSES: readonly (readonly Stage[])[] = [['pre-data', 'data', 'post-data'], ['acl'], ['late']]
/** Bytes of a large object in one statement, as pg_restore has it (LOBBUFSIZE). */
const OBJECT_PIECE = 16 * 1024

/**
 * Writes the SQL script that pg_dump would write of the same database, for `psql -f` into an empty database, whose
 * statements and rows come from an archive or a server in the order of the entries. Throws PgleapError `archive.*`.
 */
export async function writePlain(options: PlainOptions): Promise<WrittenFile> {
  const { from, out, compression = 'none', level } = options
  await using output = await packedOutput({ out, compression, level })
  const script = new Script(options, async (bytes) => output.write(bytes))
  await script.write(from.archive)
  return await output.finish()
}

class Script {
  readonly #options: PlainOptions
  readonly #write: (bytes: Uint8Array) => Promise<void>
  readonly #charset: 'utf8' | 'latin1'
  /** What SET statements have set, so that each is written only where it changes something. */
  readonly #inForce = new Map<string, string>()

  constructor(options: PlainOptions, write: (bytes: Uint8Array) => Promise<void>) {
    this.#options = options
    this.#write = write
    this.#charset = charset(options.from.archive, options.text ?? 'decoded')
  }

  async write(archive: Archive): Promise<void> {
    assertText(archive)
    // Outside of it psql obeys backslash commands, which a name in a hostile source could smuggle in (CVE-2025-8714).
    const key = randomBytes(24).toString('hex')
    await this.#text(`--\n-- PostgreSQL database dump\n--\n\n\\restrict ${key}\n\n${preamble(archive)}\n`)
    const stages = stagesOf(archive)
    for (const pass of PASSES) {
      for (const entry of archive.entries) {
        if (pass.includes(stages.get(entry.dumpId) ?? 'never')) await this.#entry(entry)
      }
    }
    await this.#text(`--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict ${key}\n\n`)
  }

  async #entry(entry: Entry): Promise<void> {
    const { sql = {}, onData } = this.#options
    const statements = entrySql(entry, sql)
    const settings = settingsSql(entry, sql)
    const isData = entry.hadDumper || entry.data !== undefined
    if (statements.length === 0 && !isData) return
    await this.#text(title(entry))
    for (const statement of statements) {
      if (!settings.includes(statement) || this.#changes(statement)) await this.#text(`${statement}\n\n`)
    }
    if (!isData) return
    onData?.(entry, undefined)
    const bytes = entry.desc === 'BLOBS' ? await this.#largeObjects(entry) : await this.#rows(entry)
    onData?.(entry, bytes)
  }

  async #rows(entry: Entry): Promise<number> {
    const { from, signal } = this.#options
    const isCopy = dataForm(entry) === 'text'
    if (isCopy) await this.#text(entry.copyStmt)
    let bytes = 0
    for await (const chunk of from.data(entry, { signal })) {
      await this.#write(chunk)
      bytes += chunk.length
    }
    await this.#text(isCopy ? '\\.\n\n\n' : '\n\n')
    return bytes
  }

  async #largeObjects(entry: Entry): Promise<number> {
    const { from, signal } = this.#options
    let bytes = 0
    await this.#text('BEGIN;\n\n')
    for await (const object of from.largeObjects(entry, { signal })) bytes += await this.#largeObject(object)
    await this.#text('COMMIT;\n\n')
    return bytes
  }

  async #largeObject({ oid, data }: LargeObject): Promise<number> {
    let bytes = 0
    // INV_WRITE. The first descriptor of a transaction is 0, and is free again behind each object.
    await this.#text(`SELECT pg_catalog.lo_open('${oid}', 131072);\n`)
    for await (const chunk of data) {
      bytes += chunk.length
      for (let at = 0; at < chunk.length; at += OBJECT_PIECE) {
        const hex = chunk.toString('hex', at, Math.min(at + OBJECT_PIECE, chunk.length))
        await this.#text(`SELECT pg_catalog.lowrite(0, pg_catalog.decode('${hex}', 'hex'));\n`)
      }
    }
    await this.#text('SELECT pg_catalog.lo_close(0);\n\n')
    return bytes
  }

  #changes(setting: string): boolean {
    const name = setting.slice(0, setting.indexOf('='))
    if (this.#inForce.get(name) === setting) return false
    this.#inForce.set(name, setting)
    return true
  }

  #text(text: string): Promise<void> {
    return this.#write(Buffer.from(text, this.#charset))
  }
}

/** A script is text; psql would take rows in binary form for it. */
function assertText({ entries }: Archive): void {
  const binary = entries.find((entry) => entry.desc === 'TABLE DATA' && dataForm(entry) === 'binary')
  if (binary === undefined) return
  throw new PgleapError({
    code: 'archive.binary-rows',
    message: `The archive holds the rows of ${binary.namespace ?? ''}.${binary.tag} in binary form, which no script can hold.`,
    hint: 'Restore it into a database and dump that as a script, or dump the source again without --rows binary.',
    party: 'usage',
  })
}

/** The session that pg_dump's statements were written for (_doSetFixedOutputState), without what older servers lack. */
function preamble(archive: Archive): string {
  const { clientEncoding, standardConformingStrings, searchPath } = archiveSettings(archive)
  return [
    `-- Dumped from database version ${commented(archive.serverVersion)}`,
    `-- Dumped by pg_dump version ${commented(archive.pgDumpVersion)}`,
    '',
    'SET statement_timeout = 0;',
    'SET lock_timeout = 0;',
    'SET idle_in_transaction_session_timeout = 0;',
    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout';",
    `SET client_encoding = '${clientEncoding}';`,
    `SET standard_conforming_strings = ${standardConformingStrings};`,
    ...(searchPath === undefined ? [] : [searchPath]),
    'SET check_function_bodies = false;',
    'SET xmloption = content;',
    'SET client_min_messages = warning;',
    'SET row_security = off;',
    '',
  ].join('\n')
}

function title({ tag, desc, namespace, owner }: Entry): string {
  const words = [`Name: ${tag}`, `Type: ${desc}`, `Schema: ${namespace ?? '-'}`, `Owner: ${owner ?? '-'}`]
  return `--\n-- ${commented(words.join('; '))}\n--\n\n`
}

/** One line, whatever a name holds: a second one would be a statement. */
function commented(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ')
}
