import { loadSql } from '../../sql.ts'
import { cannotTell } from '../cannot-tell.ts'
import { askOnce, check, type NewFinding } from '../check.ts'
import { counted, listed } from '../names.ts'

interface ClientRow {
  role: string | null
  application: string
  /** Null where our role may not see it. */
  address: string | null
  sessions: number
  superuser: boolean | null
  /** Sessions whose last statement was LISTEN. */
  listening: number
  /** Sessions that hold advisory locks. */
  advisory: number
}

const CLIENTS = loadSql(import.meta.url, 'clients.sql')
const TEMPORARY = loadSql(import.meta.url, 'temporary-tables.sql')

/** More are of no use in one sentence; the first have the most sessions. */
const MOST = 20

export const whoConnects = check<ClientRow>({
  id: 'A01',
  title: 'Nobody is connected who has to be pointed to the target',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  source: CLIENTS,
  assess: ({ source }) => {
    if (source.length === 0) return []
    const hidden = source.some(({ address }) => address === null)
    const blind = hidden ? ' Addresses of other roles need pg_read_all_stats.' : ''
    return [
      {
        message: `Connected now, as one look can see: ${listed(source.map(described), MOST)}.${blind} All of them, and those that come only now and then, need the target's address.`,
        fix: {
          kind: 'advice',
          text: 'Look again at busy hours and at night; complete the list with whoever runs jobs and reports.',
        },
      },
    ]
  },
})

function described({ role, application, address, sessions }: ClientRow): string {
  const who = application === '' ? (role ?? 'unknown') : `${role ?? 'unknown'} as ${application}`
  return `${who}${address === null ? '' : ` from ${address}`} (${counted(sessions, 'session')})`
}

/** A person's tools; they are closed when asked. */
const TOOLS = /^(psql|pgadmin|dbeaver|datagrip|pg_dump|pg_restore|navicat|tableplus)/i

export const superuserClients = check<ClientRow>({
  id: 'A02',
  title: 'No application works as a superuser',
  severity: 'error',
  paths: ['online'],
  source: CLIENTS,
  assess: ({ source }) => {
    const rows = source.filter(({ superuser, application }) => superuser === true && !TOOLS.test(application))
    const roles = [...new Set(rows.map(({ role }) => role ?? ''))]
    return roles.map((role) => ({
      object: `role ${role}`,
      message: `A superuser with ${listed(rows.filter((row) => row.role === role).map(described))}: at a cutover, its login cannot be refused as that of other roles can; only locks on the tables stop its writes.`,
      fix: {
        kind: 'advice' as const,
        text: 'Give the application a role of its own without SUPERUSER before the cutover.',
      },
    }))
  },
})

interface TemporaryRow {
  tables: number
}

export const sessionState = check<ClientRow | (TemporaryRow & { sessions: number })>({
  id: 'A05',
  title: 'No session keeps state that a cutover would lose',
  severity: 'warning',
  paths: ['online'],
  source: {
    probe: async ({ source }) => {
      const clients = await askOnce<ClientRow>(source, CLIENTS)
      if (clients.some(({ address }) => address === null)) {
        throw cannotTell(
          'source',
          'What the sessions of other roles do is hidden from our role.',
          'GRANT pg_read_all_stats to it on the source.',
        )
      }
      return [...clients, ...(await source.query<TemporaryRow & { sessions: number }>(TEMPORARY))]
    },
  },
  assess: ({ source }) => {
    const clients = source.filter((row) => 'role' in row)
    const temporary = source.filter((row) => 'tables' in row && row.tables > 0)
    return [
      ...kept(
        clients,
        'listening',
        'listened for notifications (LISTEN)',
        'NOTIFY does not travel, and they have to LISTEN anew',
      ),
      ...kept(clients, 'advisory', 'hold advisory locks', 'the locks are gone, and on the target others can take them'),
      ...temporary.map((row) => ({
        message: `${counted(row.sessions, 'session')} ${row.sessions === 1 ? 'has' : 'have'} temporary tables; at the cutover these vanish with the session.`,
        fix: RECONNECT,
      })),
    ]
  },
})

const RECONNECT = {
  kind: 'advice',
  text: 'See that the application makes its session state anew when it has lost its connection (prepared statements and WITH HOLD cursors, which cannot be seen from here, as well).',
} as const

function kept(rows: readonly ClientRow[], what: 'listening' | 'advisory', doing: string, effect: string): NewFinding[] {
  const who = rows.filter((row) => row[what] > 0).map((row) => described({ ...row, sessions: row[what] }))
  if (who.length === 0) return []
  return [{ message: `Sessions that ${doing}: ${listed(who)}. After the cutover ${effect}.`, fix: RECONNECT }]
}
