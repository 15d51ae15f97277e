import { loadSql } from '../../sql.ts'
import { formatDuration } from '../../units.ts'
import { check } from '../check.ts'
import type { Check, NewFinding } from '../check.ts'
import { listed } from '../names.ts'

const RECOVERY = loadSql(import.meta.url, 'recovery.sql')
const STANDBYS = loadSql(import.meta.url, 'standbys.sql')
const TIMEOUTS = loadSql(import.meta.url, 'timeouts.sql')

interface TimeoutRow {
  name: string
  ms: string
}

/** C11. Our own sessions set these to 0; what a subscription runs, or a person by hand, does not. */
const timeouts = check<TimeoutRow, TimeoutRow>({
  id: 'C11',
  title: 'No time limit is set for this user',
  severity: 'info',
  paths: ['offline', 'online'],
  source: TIMEOUTS,
  target: TIMEOUTS,
  assess: ({ source, target = [] }, { paths }) => {
    const severity = paths.has('online') ? 'warning' : 'info'
    const finding =
      (side: 'source' | 'target') =>
      ({ name, ms }: TimeoutRow): NewFinding => ({
        object: `${side} ${name}`,
        severity,
        message: `${name} is ${formatDuration(Number(ms))} for this user on the ${side}. pgleap turns it off on its own sessions; statements that you run by hand and the servers' replication workers have it.`,
        fix: { kind: 'advice', text: `Give the migrating role its own: ALTER ROLE ... SET ${name} = 0.` },
      })
    return [...source.map(finding('source')), ...target.map(finding('target'))]
  },
})

/** C14 */
const standbys = check<{ name: string }>({
  id: 'C14',
  title: 'A failover of the source keeps the replication slot',
  severity: 'warning',
  paths: ['online'],
  source: STANDBYS,
  assess: ({ source }, pair) =>
    source.length === 0
      ? []
      : [
          {
            message:
              pair.source.major < 17
                ? `The source has standbys (${listed(source.map(({ name }) => name))}). Before 17 they know nothing of logical slots: after a failover the migration has to begin anew.`
                : `The source has standbys (${listed(source.map(({ name }) => name))}). A slot reaches them only where it is made with failover = true.`,
            fix: {
              kind: 'advice',
              text:
                pair.source.major < 17
                  ? 'Keep the source from failing over until the cutover is done.'
                  : 'Set sync_replication_slots = on on the standby and name it in synchronized_standby_slots, or keep the source from failing over.',
            },
          },
        ],
})

/** C15 */
const standbyDecoding = check<{ standby: boolean; feedback: string }>({
  id: 'C15',
  title: 'A standby that is to be decoded can be',
  severity: 'info',
  paths: ['online'],
  source: RECOVERY,
  assess: ({ source }, pair) =>
    source
      .filter(({ standby, feedback }) => standby && (pair.source.major < 16 || feedback !== 'on'))
      .map(({ feedback }) => ({
        object: 'source',
        message:
          pair.source.major < 16
            ? 'The source is a standby, and standbys decode changes from 16 on only.'
            : `The source is a standby with hot_standby_feedback = ${feedback}: its primary may remove rows that a slot here needs, which invalidates the slot.`,
        fix: {
          kind: 'advice',
          text: 'Replicate from the primary; from 16 on, hot_standby_feedback = on lets a standby do it.',
        },
      })),
})

export const topology: readonly Check[] = [timeouts, standbys, standbyDecoding]
