import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { WriteCounters } from '../catalog/index.ts'
import type { ContentSums } from '../verify/index.ts'
import { provedFile, readJsonFile } from './json-file.ts'

/** In a directory; `pg_restore` opens the files that the table of contents names, and no other. */
const MANIFEST_FILE = 'pgleap-manifest.json'

/** The only form so far. A form that this version does not know is refused: it might say what we would not see. */
const FORMAT = 1

const columnSchema = z.object({ name: z.string(), builtIn: z.string().optional() })

const sumsSchema = z.object({
  mode: z.enum(['full', 'counts']),
  dialect: z.object({ major: z.int(), encodings: z.enum(['equal', 'different']) }),
  encoding: z.string(),
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      columns: z.array(columnSchema),
      rows: z.int().nonnegative(),
      hash: z
        .string()
        .regex(/^-?\d+$/)
        .optional(),
    }),
  ),
  largeObjects: z.array(
    z.object({
      fromOid: z.int(),
      toOid: z.int(),
      count: z.int().nonnegative(),
      sha256: z.string().optional(),
    }),
  ),
})

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  pgleap: z.string(),
  pgDump: z.string(),
  archive: z.object({
    format: z.enum(['directory', 'custom', 'plain']),
    compression: z.enum(['none', 'gzip', 'lz4', 'zstd']),
  }),
  source: z.object({
    host: z.string(),
    port: z.int(),
    database: z.string(),
    user: z.string(),
    version: z.string(),
    major: z.int(),
    encoding: z.string(),
    systemIdentifier: z.string().optional(),
  }),
  moment: z.object({ at: z.string(), lsn: z.string().optional(), identity: z.string() }),
  filters: z.object({
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    excludeData: z.array(z.string()),
    excludedSchemas: z.array(z.string()),
  }),
  writes: z
    .object({
      snapshot: z.string(),
      tables: z.array(
        z.object({
          oid: z.int(),
          schema: z.string(),
          name: z.string(),
          writes: z.number(),
          file: z.number().exactOptional(),
        }),
      ),
    })
    .optional(),
  files: z.array(provedFile),
  tables: z.array(
    z.object({
      schema: z.string(),
      name: z.string(),
      dumpId: z.int(),
      rows: z.int().nonnegative(),
      bytes: z.int().nonnegative(),
    }),
  ),
  sequences: z.array(z.object({ schema: z.string(), name: z.string(), lastValue: z.string(), isCalled: z.boolean() })),
  largeObjects: z.object({ count: z.int().nonnegative(), bytes: z.int().nonnegative() }),
  content: sumsSchema.optional(),
})

/**
 * What lies beside an archive that pgleap made: what was dumped, when and from where (without secrets), the size and
 * SHA-256 of each file, and what the content comes to.
 */
export interface Manifest {
  format: typeof FORMAT
  /** Versions of the two programs. */
  pgleap: string
  pgDump: string
  archive: { format: 'directory' | 'custom' | 'plain'; compression: 'none' | 'gzip' | 'lz4' | 'zstd' }
  source: {
    host: string
    port: number
    database: string
    user: string
    /** For example `14.23`. */
    version: string
    major: number
    encoding: string
    /** Of pg_control_system(); undefined where the role may not ask. */
    systemIdentifier?: string | undefined
  }
  moment: {
    /** ISO 8601, UTC, by the source's clock. */
    at: string
    /** Position in the WAL at about that moment; undefined where the role may not ask. */
    lsn?: string | undefined
    /** `SourceSnapshot.identity`. */
    identity: string
  }
  filters: {
    include: string[]
    exclude: string[]
    excludeData: string[]
    /** The provider's own, which stay behind. */
    excludedSchemas: string[]
  }
  /**
   * What had been written to the source's tables by then: compared with a later reading, it shows what came after. Undefined of a
   * standby, which counts nothing of what its primary writes.
   */
  writes?: WriteCounters | undefined
  /** Every file of the archive but the manifest: relative to the directory, or the file's own name. */
  files: { path: string; bytes: number; sha256: string }[]
  /** The tables whose rows are in the archive; the server's own count of rows that COPY sent, and bytes uncompressed. */
  tables: { schema: string; name: string; dumpId: number; rows: number; bytes: number }[]
  sequences: { schema: string; name: string; lastValue: string; isCalled: boolean }[]
  largeObjects: { count: number; bytes: number }
  /** For `readContentSums({ like })` on a target; undefined where nobody wanted hashes. */
  content?: ContentSums | undefined
}

/** Where the manifest of an archive lies: within a directory, beside a file. */
export function manifestPath(archive: string, kind: 'directory' | 'file'): string {
  return kind === 'directory' ? join(archive, MANIFEST_FILE) : `${archive}.manifest.json`
}

/** Writes it whole or not at all, and makes it durable. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  const unfinished = `${path}.partial`
  const handle = await open(unfinished, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(manifest, undefined, 1)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, path)
}

/**
 * Reads a manifest; undefined where there is none.
 *
 * @throws PgleapError `manifest.unreadable`, `manifest.damaged`, `manifest.version`
 */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const read = await readJsonFile(path, {
    schema: manifestSchema,
    format: FORMAT,
    hint: 'Copy it again with the archive; or remove it, and the archive is restored without being compared with it.',
  })
  if (read === undefined) return undefined
  const { content, ...manifest } = read.data
  return content === undefined ? manifest : { ...manifest, content: sumsOf(content) }
}

function sumsOf(sums: z.infer<typeof sumsSchema>): ContentSums {
  return {
    ...sums,
    tables: sums.tables.map(({ columns, hash, ...table }) => ({
      ...table,
      hash,
      columns: columns.map(({ name, builtIn }) => ({ name, builtIn })),
    })),
    largeObjects: sums.largeObjects.map(({ sha256, ...range }) => ({ ...range, sha256 })),
  }
}
