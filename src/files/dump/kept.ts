import type { SourceSnapshot } from '../../catalog/index.ts'
import type { DatabaseDump } from './database.ts'
import type { EarlierDump, FinishedTable } from './journal.ts'
import { Place } from './place.ts'
import type { DumpReading } from './read-source.ts'
import type { WrittenData } from './write-directory.ts'

/** What of an earlier process is part of this dump, too. */
export type Kept = Pick<EarlierDump, 'tables' | 'sums'>

const NOTHING: Kept = { tables: [], sums: [] }

/** Finished tables stay where the source shows the very same as then, which its transaction ids prove; else nothing does. */
export function keptOf(
  earlier: EarlierDump | undefined,
  snapshot: SourceSnapshot,
  { choices, log, to }: DatabaseDump,
): Kept {
  if (earlier === undefined) return NOTHING
  const where = to instanceof Place ? to.partial : ''
  const isSame = earlier.isOf(choices)
  if (isSame && snapshot.continuity === 'same') {
    log.notice({
      level: 'info',
      code: 'dump.goes-on',
      message: `Nothing was written on the source since: ${String(earlier.tables.length)} finished tables in ${where} are kept.`,
    })
    return earlier
  }
  log.notice({
    level: 'warning',
    code: 'dump.starts-over',
    message: isSame
      ? `The moment that ${where} shows is over, and the source was written to since: the dump starts over.`
      : `${where} was begun with other options: the dump starts over.`,
  })
  return NOTHING
}

/** Only under the same number: the file is called after it. */
export function stillWanted(kept: Kept, { tables }: DumpReading): Kept {
  const ids = new Map(tables.map(({ facts, entry }) => [`${facts.schema}.${facts.name}`, entry.dumpId]))
  return {
    tables: kept.tables.filter(({ schema, name, dumpId }) => ids.get(`${schema}.${name}`) === dumpId),
    sums: kept.sums.filter(({ schema, name }) => ids.has(`${schema}.${name}`)),
  }
}

/** The kept files that are what the journal says they are. */
export async function wholeFiles(kept: Kept, to: Place): Promise<FinishedTable[]> {
  const whole: FinishedTable[] = []
  for (const table of kept.tables) if (await to.holds(table.file)) whole.push(table)
  return whole
}

export function withKept(data: WrittenData, kept: readonly FinishedTable[], { tables }: DumpReading): WrittenData {
  const byId = new Map(tables.map((table) => [table.entry.dumpId, table]))
  const earlier = kept.flatMap(({ dumpId, rows, bytes }) => {
    const table = byId.get(dumpId)
    return table === undefined ? [] : [{ table, rows, bytes }]
  })
  return { ...data, tables: [...earlier, ...data.tables] }
}
