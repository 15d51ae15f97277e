import type { Archive } from '../archive/index.ts'
import type { TableRef } from '../catalog/index.ts'
import {
  describe,
  entriesNaming,
  type Omission,
  type OmissionReason,
  type Provided,
  type ProviderRules,
} from '../plan/index.ts'
import { isReserved } from '../provider/index.ts'
import type { NoticeReport } from '../report/index.ts'
import { formatCount } from '../units.ts'

/** What stays behind by the rules of the services: one notice a reason, with the names. */
export interface LeftBehind {
  provided: Provided
  /** Reserved schemas of the source, and their tables. */
  schemas: readonly string[]
  tables: readonly Pick<TableRef, 'schema'>[]
  /** The archive that is planned. */
  archive: Archive
}

export function providerNotices(
  { provided, schemas, tables, archive }: LeftBehind,
  rules: ProviderRules,
): NoticeReport[] {
  return [
    ...schemaNotices(schemas, tables, rules),
    ...needed(archive, schemas, rules),
    ...provided.omissions.map(omissionNotice),
    ...ownerNotice(provided, rules),
    ...tablespaceNotice(provided),
  ]
}

/** Its own schemas a service makes itself; a schema of the customer's that only has the name of one is another thing. */
function schemaNotices(
  schemas: readonly string[],
  tables: readonly Pick<TableRef, 'schema'>[],
  rules: ProviderRules,
): NoticeReport[] {
  const theirs = schemas.filter((name) => isReserved(rules.source, 'schema', name))
  const ours = schemas.filter((name) => !theirs.includes(name))
  const count = (names: readonly string[]) => formatCount(tables.filter(({ schema }) => names.includes(schema)).length)
  const hint = 'Name another provider with --source-provider or --target-provider, if they are yours.'
  return [
    ...(theirs.length === 0
      ? []
      : [
          {
            level: 'info' as const,
            code: 'provider.schemas',
            message: `Schemas of ${rules.source.name} stay behind, with ${count(theirs)} tables: ${listed(theirs)}.`,
            hint,
          },
        ]),
    ...(ours.length === 0
      ? []
      : [
          {
            level: 'warning' as const,
            code: 'provider.schema-names',
            message: `Schemas stay behind, with ${count(ours)} tables, as ${rules.target.name} keeps their names for itself: ${listed(ours)}.`,
            hint: 'Rename them on the source, or say with --target-provider that the target is not there.',
          },
        ]),
  ]
}

/** They are tried nevertheless: what the user has made is never left out by a guess. */
function needed(archive: Archive, schemas: readonly string[], rules: ProviderRules): NoticeReport[] {
  const missing = schemas.filter((name) => !rules.onTarget.schemas.has(name))
  const made = new Set(archive.entries.flatMap(({ desc, tag }) => (desc === 'SCHEMA' ? [tag] : [])))
  const entries = entriesNaming(
    archive,
    missing.filter((name) => !made.has(name)),
  )
  if (entries.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'provider.needed',
      message: `Some objects need a schema that stays behind, which the target does not have: ${listed(entries.map(describe))}. They are tried, and listed as failures.`,
      hint: 'Make what they need on the target and resume, or change them on the source.',
    },
  ]
}

const OMISSIONS: Readonly<
  Record<OmissionReason, { code: string; level: NoticeReport['level']; what: string; hint?: string }>
> = {
  extensions: { code: 'provider.extensions', level: 'info', what: 'extensions of the service stay behind' },
  objects: {
    code: 'provider.objects',
    level: 'info',
    what: "publications, event triggers and the like of the service's own roles stay behind",
  },
  'default-privileges': {
    code: 'provider.default-privileges',
    level: 'info',
    what: "default privileges of the service's own roles stay behind",
  },
  'not-allowed': {
    code: 'provider.not-allowed',
    level: 'warning',
    what: "objects of kinds that the target's service does not allow stay behind",
    hint: 'What needs them is tried, and listed as failures. --target-provider says where the target is.',
  },
  grants: {
    code: 'provider.grants',
    level: 'info',
    what: "grants to the service's own roles stay behind, which the target does not have",
    hint: 'To carry them over to another role, name it with --role-map.',
  },
  'grants-on-system': {
    code: 'provider.system-grants',
    level: 'info',
    what: "grants on PostgreSQL's own objects to the service's own roles stay behind",
  },
  policies: {
    code: 'provider.policies',
    level: 'warning',
    what: "policies and user mappings of the service's own roles stay behind, which the target does not have",
    hint: 'To carry them over to another role, name it with --role-map.',
  },
}

function omissionNotice({ reason, names, count }: Omission): NoticeReport {
  const { code, level, what, hint } = OMISSIONS[reason]
  const message = `${formatCount(count)} ${what}: ${listed(names)}.`
  return { level, code, message, ...(hint === undefined ? {} : { hint }) }
}

/** What stands before the names of a reason; where nothing does, the names say themselves what they are. */
const PASSED_OVER: Readonly<Record<OmissionReason, string>> = {
  extensions: 'extensions ',
  objects: '',
  'default-privileges': '',
  'not-allowed': '',
  grants: 'grants to ',
  'grants-on-system': "grants on PostgreSQL's own objects to ",
  policies: '',
}

/** What a comparison does not look at by the rules of the services: nobody is to believe that it is the same. */
export function passedOverNotice(
  { provided, schemas }: Pick<LeftBehind, 'provided' | 'schemas'>,
  rules: ProviderRules,
): NoticeReport[] {
  const parts = [
    ...(schemas.length === 0 ? [] : [`schemas ${listed(schemas)}`]),
    ...provided.omissions.map(({ reason, names }) => `${PASSED_OVER[reason]}${listed(names)}`),
  ]
  if (parts.length === 0) return []
  const services = new Set([rules.source.name, rules.target.name])
  return [
    {
      level: 'info',
      code: 'verify.passed-over',
      message: `Not compared, as a migration leaves it behind by the rules of ${[...services].join(' and ')}: ${parts.join('; ')}.`,
      hint: 'Name another provider with --source-provider or --target-provider, if these are yours.',
    },
  ]
}

function ownerNotice({ owners }: Provided, { targetUser }: ProviderRules): NoticeReport[] {
  if (owners.length === 0) return []
  return [
    {
      level: 'info',
      code: 'provider.owners',
      message: `What belongs to ${listed(owners)} on the source, roles of a service, belongs to "${targetUser}" on the target.`,
      hint: 'To give it to another role, name it with --role-map.',
    },
  ]
}

function tablespaceNotice({ tablespaces }: Provided): NoticeReport[] {
  if (tablespaces.length === 0) return []
  return [
    {
      level: 'info',
      code: 'provider.tablespaces',
      message: `The target's service has no tablespaces of its customers: what lies in ${listed(tablespaces)} goes to the default one.`,
    },
  ]
}

const MOST_NAMES = 10

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`
}
