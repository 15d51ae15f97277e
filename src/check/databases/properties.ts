import { loadSql, quoteIdent } from '../../sql.ts'
import type { NewFinding } from '../check.ts'
import { check } from '../check.ts'

interface PropertiesRow {
  owner: string
  name: string
  /** `name=value` of ALTER DATABASE ... SET. */
  settings: string[]
  /** `provider: label` of SECURITY LABEL. */
  labels: string[]
}

const PROPERTIES = loadSql(import.meta.url, 'properties.sql')

/** Grants, comment and what else ALTER DATABASE says are made like the source's; what the target has stays as it is. */
export const d10 = check<PropertiesRow, PropertiesRow>({
  id: 'D10',
  title: 'What is set on the database itself arrives',
  severity: 'warning',
  paths: ['offline', 'online', 'files', 'roles'],
  source: PROPERTIES,
  target: PROPERTIES,
  assess: ({ source, target = [] }) =>
    source.flatMap((row) => [
      ...labels(row),
      ...target.flatMap((other) => [...settings(row, other), ...owner(row, other)]),
    ]),
})

function labels({ name, labels: found }: PropertiesRow): NewFinding[] {
  return found.map((label) => ({
    object: `database ${name}`,
    message: `It has a security label (${label}), which arrives only where its provider is loaded on the target.`,
    fix: {
      kind: 'advice' as const,
      text: 'Load its provider there (shared_preload_libraries); without it, the label is listed as a failure.',
    },
  }))
}

function settings(row: PropertiesRow, other: PropertiesRow): NewFinding[] {
  const there = new Map(other.settings.map(cut))
  return row.settings.map(cut).flatMap(([setting, value]) => {
    const kept = there.get(setting)
    if (kept === undefined || kept === value) return []
    return [
      {
        object: `setting ${setting} of database ${other.name}`,
        message: `The source's database sets ${setting} to '${value}', and the target's to '${kept}'. What the target has set stays as it is.`,
        fix: {
          kind: 'advice' as const,
          text: `If the source's is the right one: ALTER DATABASE ${quoteIdent(other.name)} RESET ${quoteIdent(setting)}; before the migration, which sets it then.`,
        },
      },
    ]
  })
}

function cut(setting: string): [name: string, value: string] {
  const at = setting.indexOf('=')
  return [setting.slice(0, at), setting.slice(at + 1)]
}

function owner(row: PropertiesRow, other: PropertiesRow): NewFinding[] {
  if (row.owner === other.owner) return []
  const database = quoteIdent(other.name)
  return [
    {
      object: `owner of database ${other.name}`,
      severity: 'info',
      message: `The database belongs to ${row.owner} on the source and to ${other.owner} on the target. A database that is there already keeps its owner, who may do what its owner may on the source.`,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: `ALTER DATABASE ${database} OWNER TO ${quoteIdent(row.owner)};`,
        undo: `ALTER DATABASE ${database} OWNER TO ${quoteIdent(other.owner)};`,
      },
    },
  ]
}
