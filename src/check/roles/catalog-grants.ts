import { isReserved } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'
import { check, type NewFinding, type Pair, type ProbeEnds } from '../check.ts'
import { listed } from '../names.ts'

interface CatalogGrant {
  /** As pg_identify_object writes it: `function`, `table column`. */
  type: string
  /** `pg_catalog.pg_stop_backup()`, `pg_catalog.pg_authid.rolname`. */
  object: string
  grantees: string[]
}

interface CatalogObject {
  object: string
  present: boolean
  /** Of the connected role. */
  superuser: boolean
}

const GRANTS = loadSql(import.meta.url, 'catalog-grants.sql')
const OBJECTS = loadSql(import.meta.url, 'catalog-objects.sql')

export const catalogGrants = check<CatalogGrant, CatalogObject>({
  id: 'R11',
  title: "Rights on PostgreSQL's own objects can be granted on the target",
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  source: GRANTS,
  target: { probe: whatIsThere },
  assess: ({ source, target }, pair) =>
    source
      .filter(({ grantees }) => !grantees.every((role) => isProvidersOwn(role, pair)))
      .flatMap((grant) =>
        catalogGrant(
          grant,
          target?.find(({ object }) => object === grant.object),
          pair,
        ),
      ),
})

async function whatIsThere({ source, target }: ProbeEnds): Promise<CatalogObject[]> {
  const grants = await source.query<CatalogGrant>(GRANTS)
  if (target === undefined || grants.length === 0) return []
  const relations = grants.map(({ type, object }) =>
    type.endsWith('column') ? object.replace(/\.[^.]*$/, '') : object,
  )
  return target.query<CatalogObject>(OBJECTS, [
    grants.map(({ type }) => type),
    grants.map(({ object }) => object),
    relations,
  ])
}

/** What a service has granted to itself comes with the service. */
function isProvidersOwn(role: string, { source }: Pair): boolean {
  return role !== 'PUBLIC' && !role.startsWith('pg_') && isReserved(source.provider, 'role', role)
}

/** Where no target is asked: what is often granted and gone (release notes of 13 and 15, "Migration"). */
const GONE: readonly { prefix: string; since: number; instead: string }[] = [
  { prefix: 'pg_catalog.pg_start_backup(', since: 15, instead: 'pg_backup_start' },
  { prefix: 'pg_catalog.pg_stop_backup(', since: 15, instead: 'pg_backup_stop' },
  { prefix: 'pg_catalog.pg_is_in_backup(', since: 15, instead: 'no function' },
  { prefix: 'pg_catalog.pg_backup_start_time(', since: 15, instead: 'no function' },
  { prefix: 'pg_catalog.pg_pltemplate', since: 13, instead: 'no table' },
]

function catalogGrant(
  { type, object, grantees }: CatalogGrant,
  there: CatalogObject | undefined,
  { source, target }: Pair,
): NewFinding[] {
  const known = GONE.find(
    ({ prefix, since }) => object.startsWith(prefix) && since <= target.major && since > source.major,
  )
  const whom = listed(grantees)
  if (there?.present === false || known !== undefined) {
    const instead = known === undefined || known.instead.startsWith('no ') ? '' : ` Its successor is ${known.instead}.`
    return [
      {
        object: `${type} ${object}`,
        message: `Rights on it were changed for ${whom}; PostgreSQL ${String(target.major)} does not have it, so their statements fail on the target.${instead}`,
        fix: {
          kind: 'advice',
          text: `Grant ${whom} the like on the target if it is still needed; the failed statement does no further harm.`,
        },
      },
    ]
  }
  if (there === undefined || there.superuser) return []
  return [
    {
      object: `${type} ${object}`,
      message: `Rights on it were changed for ${whom}. On the target, only a superuser may do that, and our login is none: they stay as PostgreSQL or ${target.provider.name} has them.`,
      fix: {
        kind: 'advice',
        text: 'Use a predefined role in place of it (pg_monitor, pg_read_all_settings, pg_read_all_stats, pg_signal_backend), or see what the service offers.',
      },
    },
  ]
}
