import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import { listed, quotedList, statements } from '../names.ts'

interface PublicSchema {
  /** Whether everybody may create objects in it. */
  open: boolean
  /** Who was granted something on it; PUBLIC for CREATE alone. */
  grantees: string[]
  /** Owners of relations in it who may create there only because everybody may. */
  reliant: string[]
  /** Whether the connected role may grant rights on it. */
  grantable: boolean
  owner: string
  me: string
}

/** The first major on which not everybody may create objects in schema public (release notes of 15, "Migration"). */
const CLOSED = 15

const PUBLIC_SCHEMA = loadSql(import.meta.url, 'public-schema.sql')

export const publicSchema = check<PublicSchema, PublicSchema>({
  id: 'R14',
  title: 'Who may create objects in schema public may do so on the target',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  source: PUBLIC_SCHEMA,
  target: PUBLIC_SCHEMA,
  assess: ({ source: [ours], target }, pair) => {
    if (ours === undefined) return []
    return [...notGrantable(ours, target?.[0], pair), ...relyOnEverybody(ours, pair)]
  },
})

function notGrantable(ours: PublicSchema, theirs: PublicSchema | undefined, pair: Pair): NewFinding[] {
  if (theirs === undefined || theirs.grantable) return []
  // Grants are dumped as changes to what 15 and newer begin with; up to 14 the schema is open without any.
  const grantees = ours.grantees.filter((name) => name !== 'PUBLIC' || pair.target.major >= CLOSED)
  const lost = ours.open && ours.grantees.length === 0 && pair.target.major >= CLOSED ? ['PUBLIC'] : grantees
  if (lost.length === 0) return []
  const me = quoteIdent(theirs.me)
  return [
    {
      severity: 'error',
      object: 'schema public',
      message: `${listed(lost)} may use it on the source by rights that "${theirs.me}" cannot grant on the target, where it belongs to ${theirs.owner}: applications may no longer create objects there.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: statements(`GRANT ALL ON SCHEMA public TO ${me} WITH GRANT OPTION`),
        undo: statements(`REVOKE ALL ON SCHEMA public FROM ${me} CASCADE`),
      },
    },
  ]
}

/** Rights travel as they are, so nothing breaks: but who closes the schema later, as 15 would have it, should know whom that hits. */
function relyOnEverybody({ open, reliant }: PublicSchema, { source, target }: Pair): NewFinding[] {
  if (!open || reliant.length === 0 || source.major >= CLOSED || target.major < CLOSED) return []
  const roles = quotedList(reliant)
  return [
    {
      object: 'schema public',
      message: `Everybody may create objects in it, also on the target, though PostgreSQL 15 and newer begin without that. ${listed(reliant)} have objects there and may create them for this reason alone.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`GRANT CREATE ON SCHEMA public TO ${roles}`, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'),
        undo: statements('GRANT CREATE ON SCHEMA public TO PUBLIC', `REVOKE CREATE ON SCHEMA public FROM ${roles}`),
      },
    },
  ]
}
