import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { counted, listed } from '../names.ts'

interface StandbyRow {
  name: string
  /** Null also where our role may not see it. */
  address: string | null
}

export const readReplicas = check<StandbyRow>({
  id: 'A07',
  title: 'No standby has to be built anew behind the target',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'standbys.sql'),
  assess: ({ source }) => {
    if (source.length === 0) return []
    const names = source.map(({ name, address }) => `${name}${address === null ? '' : ` at ${address}`}`)
    return [
      {
        message: `${counted(source.length, 'receiver')} of this server's WAL: ${listed(names)}. Standbys cannot follow the target; those who read on them (reports, replicas of the application, backups) still read the source after the cutover, or nothing.`,
        fix: {
          kind: 'advice',
          text: 'Build standbys and WAL archives of the target before the cutover, and point their readers there.',
        },
      },
    ]
  },
})
