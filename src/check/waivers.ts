import { readFile } from 'node:fs/promises'
import { LineCounter, isNode, parseDocument } from 'yaml'
import { z } from 'zod'
import { PgleapError } from '../errors.ts'
import type { CheckResult, Finding, WaiverReport } from '../report/index.ts'

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
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line
  if (document.errors.length > 0) {
    throw refusal(
      path,
      document.errors.map(({ pos, message }) => `line ${String(lineAt(pos[0]))}: ${message}`),
    )
  }
  /** Of the innermost thing on the path that is in the file. */
  const lineOf = (keys: readonly PropertyKey[]): number => {
    const node = document.getIn(keys, true)
    if (isNode(node) && node.range) return lineAt(node.range[0])
    return keys.length === 0 ? 1 : lineOf(keys.slice(0, -1))
  }
  const parsed = schema.safeParse(document.toJS() ?? [])
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
