import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'
import type { CheckResult, Finding, WaiverReport } from '../report/index.ts'
import { readYaml } from '../yaml.ts'

/** Says that a finding is known and does not count, until a day. */
export interface Waiver {
  id: string
  /** The finding's object, where `*` stands for any text and `?` for one character; every object where it is left out. */
  object?: string
  reason: string
  /** The last day on which it counts, in UTC: `2026-12-31`. */
  until: string
  /** Where it stands in its file. */
  line: number
}

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

/** Marks the findings that a waiver silences on that day, and says of each waiver what it did. Pure. */
export function applyWaivers(
  results: readonly CheckResult[],
  waivers: readonly Waiver[],
  today: string,
): { results: CheckResult[]; waivers: WaiverReport[] } {
  const compiled = waivers.map((waiver) => ({
    waiver,
    matches: matcher(waiver),
    expired: waiver.until < today,
    count: 0,
  }))
  const waive = (finding: Finding): Finding => {
    const matching = compiled.filter(({ matches }) => matches(finding))
    for (const one of matching) one.count += 1
    const valid = matching.find(({ expired }) => !expired)
    if (valid === undefined) return finding
    const { reason, until } = valid.waiver
    return { ...finding, waived: { reason, until } }
  }
  const marked = results.map((result) =>
    result.status === 'found' ? { ...result, findings: result.findings.map(waive) } : result,
  )
  const reports = compiled.map(({ waiver, expired, count }): WaiverReport => {
    const state = expired ? 'expired' : count > 0 ? 'used' : 'unused'
    return { ...waiver, matches: count, state }
  })
  return { results: marked, waivers: reports }
}

function matcher({ id, object }: Waiver): (finding: Finding) => boolean {
  if (object === undefined) return (finding) => finding.id === id
  const pattern = object
    .replaceAll(/[\\^$.+()|[\]{}]/gu, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const whole = new RegExp(`^${pattern}$`, 'su')
  // An object may be called `*` itself: what is written alike always matches.
  return (finding) =>
    finding.id === id && finding.object !== undefined && (finding.object === object || whole.test(finding.object))
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
