import { unreachable } from '../errors.ts'
import type { Fix } from './findings.ts'

/** A fix in words for people, without a leading "fix". SQL may have several lines. */
export function fixText(fix: Fix): string {
  switch (fix.kind) {
    case 'sql':
      return `on the ${fix.side}: ${fix.sql}`
    case 'parameter':
      return `on the ${fix.side}, set ${fix.name} = ${fix.value} (${fix.needs === 'restart' ? 'needs a restart' : 'needs a reload'})`
    case 'advice':
      return fix.text
    default:
      return unreachable(fix)
  }
}
