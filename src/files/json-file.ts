import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'

export interface JsonForm<T> {
  schema: z.ZodType<T>
  /** The newest form that this pgleap reads, in the file's field `format`. */
  format: number
  /** What to do about a damaged one. */
  hint: string
}

/** A file that lies beside it, with its SHA-256. */
export const provedFile = z.object({
  path: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

/**
 * Reads a file of ours that says what lies beside it; undefined where there is none.
 * @throws PgleapError `manifest.unreadable`, `manifest.damaged`, `manifest.version`
 */
export async function readJsonFile<T>(
  path: string,
  { schema, format, hint }: JsonForm<T>,
): Promise<{ data: T; text: string } | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const damaged = (why: string) =>
    new PgleapError({
      code: 'manifest.damaged',
      message: `${path} is damaged or cut off: ${why}.`,
      hint,
      party: 'usage',
    })
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error))
  }
  const form = z.object({ format: z.int() }).safeParse(data)
  if (form.success && form.data.format > format) {
    throw new PgleapError({
      code: 'manifest.version',
      message: `${path} has form ${String(form.data.format)}; this pgleap reads form ${String(format)}.`,
      hint: 'Use the version of pgleap that made it, or a newer one.',
      party: 'usage',
    })
  }
  const result = schema.safeParse(data)
  if (!result.success) throw damaged(z.prettifyError(result.error).replaceAll(/\s+/g, ' '))
  return { data: result.data, text }
}

/** @throws PgleapError `manifest.unreadable` */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined
    }
    throw new PgleapError({
      code: 'manifest.unreadable',
      message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'See who may read it, and whether its disk is sound.',
      party: 'usage',
      cause: error,
    })
  }
}
