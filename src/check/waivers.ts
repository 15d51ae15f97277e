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
