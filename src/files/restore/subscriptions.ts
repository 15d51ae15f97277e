import type { Archive, Entry } from '../../archive/index.ts'

/** Defaults of CREATE SUBSCRIPTION that changed: a pg_dump of before says nothing where the old one holds. */
const CHANGED = [
  { option: 'run_as_owner', before: 'true', since: 16 },
  { option: 'streaming', before: 'off', since: 18 },
] as const

/**
 * Subscriptions with the options that the archive's pg_dump took for granted and the target does not. The options stand
 * last (pg_dump.c, dumpSubscription), so what the connection string or a name holds is never touched.
 */
export function withOldDefaults(archive: Archive, { pgDump, target }: { pgDump: number; target: number }): Archive {
  const missing = CHANGED.filter(({ since }) => pgDump < since && target >= since)
  if (missing.length === 0) return archive
  return {
    ...archive,
    entries: archive.entries.map((entry) => (entry.desc === 'SUBSCRIPTION' ? withOptions(entry, missing) : entry)),
  }
}

function withOptions(entry: Entry, missing: readonly { option: string; before: string }[]): Entry {
  const options = / WITH \(((?:\w+ = [^,]+(?:, )?)+)\);\s*$/.exec(entry.defn)
  if (options === null) return entry
  const added = missing.filter(({ option }) => !options[1]?.includes(`${option} = `))
  const text = added.map(({ option, before }) => `, ${option} = ${before}`).join('')
  return { ...entry, defn: entry.defn.replace(/\);\s*$/, () => `${text});\n`) }
}
