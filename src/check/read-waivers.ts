import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'
import { readYaml } from '../yaml.ts'
import type { Waiver } from './waivers.ts'

const schema = z.array(
  z.strictObject({
    id: z.string().regex(/^[A-Z]\d\d$/u, 'a check’s id, for example O20'),
    object: z.string().min(1).exactOptional(),
    reason: z.string().trim().min(1, 'say why'),
    until: z.iso.date('a day, for example 2026-12-31'),
  }),
)

/**
 * Reads a waiver file (docs/checks.md).
 *
 * @throws PgleapError `usage.waivers` with the line and the key of everything that is wrong
 */
export async function readWaivers(path: string): Promise<Waiver[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw refusal(path, ['it cannot be read'], cause)
  })
  return parseWaivers(text, path)
}

/** Pure: the waivers of a file's content; `path` is for the messages. An empty file has none. */
export function parseWaivers(text: string, path: string): Waiver[] {
  const { broken, value = [], lineOf } = readYaml(text)
  if (broken.length > 0) {
    throw refusal(
      path,
      broken.map(({ line, message }) => `line ${String(line)}: ${message}`),
    )
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data.map((waiver, at) => ({ ...waiver, line: lineOf([at]) }))
  throw refusal(
    path,
    parsed.error.issues.map(({ path: keys, message }) => {
      const key = keys.map(String).join('.')
      return `line ${String(lineOf(keys))}${key === '' ? '' : `, ${key}`}: ${message}`
    }),
  )
}

function refusal(path: string, problems: readonly string[], cause?: unknown): PgleapError {
  return new PgleapError({
    code: 'usage.waivers',
    message: `The waiver file ${path} cannot be used: ${problems.join('; ')}.`,
    hint: 'It is a list of id, object, reason and until; docs/checks.md shows one.',
    party: 'usage',
    cause,
  })
}
