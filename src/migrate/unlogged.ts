import type { RunLog } from './run-log.ts'

const MOST_NAMES = 5

/** Says once what a source that is a standby cannot show: none of its primary's unlogged rows ever come to it. */
export function noteUnlogged(
  { tables, sequences }: { tables: readonly string[]; sequences: readonly string[] },
  log: Pick<RunLog, 'notice'>,
): void {
  if (tables.length + sequences.length === 0) return
  const parts = [
    ...(tables.length === 0 ? [] : [`the rows of ${listOf(tables)}`]),
    ...(sequences.length === 0 ? [] : [`the values of ${listOf(sequences)}`]),
  ]
  log.notice({
    level: 'warning',
    code: 'source.unlogged',
    message: `The source is a standby, which has nothing of what is unlogged: ${parts.join(' and ')} are neither carried over nor compared.`,
    hint: 'Name the primary as the source, or fill them on the target yourself.',
  })
}

function listOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
}
