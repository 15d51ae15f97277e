import type { Session } from '../connection/index.ts'
import type { CheckReport } from '../report/index.ts'
import { quoteIdent } from '../sql.ts'
import type { Blocker } from './blocker.ts'
import { readOnlySetting } from './freeze.ts'
import { describeWriter, mendWriter, openWriters, type Writer } from './writers.ts'

/** From the start on the target is closed, and what they write there nobody would bring to the source. */
export function writersOnTarget(writers: readonly Writer[]): Blocker[] {
  return openWriters(writers, []).map((writer) => ({
    id: 'writers',
    object: `${writer.kind} ${writer.name} on the target`,
    message: `The target cannot be closed to ${describeWriter(writer)}.`,
    fix: { kind: 'advice', text: `On the target: ${mendWriter(writer, 'start')}.` },
  }))
}

/**
 * A database that says itself that it is read only looks closed whichever way it is: then nothing would tell which side is
 * open. S17 sees it where it counts for our role.
 */
export async function readOnlyItself(sessions: readonly Session[], { results }: CheckReport): Promise<Blocker[]> {
  const seen = results.flatMap((result) => (result.id === 'S17' && result.status === 'found' ? result.findings : []))
  const found: Blocker[] = []
  for (const session of sessions) {
    const { side, database } = session
    if (seen.some(({ fix }) => fix?.kind === 'sql' && fix.side === side)) continue
    const setting = await readOnlySetting(session)
    if (setting?.closed !== true) continue
    const alter = `ALTER DATABASE ${quoteIdent(database)}`
    found.push({
      id: 'read-only',
      object: `database ${database} of the ${side}`,
      message:
        'It has default_transaction_read_only = on, by which pgleap tells the side that is closed from the one that is open.',
      fix: {
        kind: 'sql',
        side,
        sql: `${alter} RESET default_transaction_read_only;`,
        undo: `${alter} SET default_transaction_read_only = ${setting.value};`,
      },
    })
  }
  return found
}
