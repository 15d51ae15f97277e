import { loadSql } from '../../sql.ts'
import type { NewFinding, ProbeEnds } from '../check.ts'
import { check } from '../check.ts'
import { counted, listed } from '../names.ts'

export interface KnownRow {
  kind: 'zone' | 'abbreviation'
  name: string
  /** Seconds east of UTC. */
  offset: number
}

interface UsedRow {
  kind: 'used'
  zone: string
  /** What the zone itself calls its times, in winter and in summer. */
  own: { abbreviation: string; offset: number }[]
}

const TIME_ZONES = loadSql(import.meta.url, 'time-zones.sql')
const IN_USE = loadSql(import.meta.url, 'time-zones-in-use.sql')

/** From PostgreSQL 18 on, an abbreviation means first what the session's time zone calls so (datetime.c). */
const OWN_ABBREVIATIONS_FIRST = 18

export const t11 = check<KnownRow | UsedRow, KnownRow>({
  id: 'T11',
  title: 'Both servers know the same time zones',
  about: 'server',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: { probe: async (ends) => [...(await ends.source.query<KnownRow>(TIME_ZONES)), ...(await inUse(ends))] },
  target: TIME_ZONES,
  assess: ({ source, target = [] }, pair) => {
    const known = source.filter((row): row is KnownRow => row.kind !== 'used')
    const used = source.filter((row): row is UsedRow => row.kind === 'used')
    const changes = pair.source.major < OWN_ABBREVIATIONS_FIRST && pair.target.major >= OWN_ABBREVIATIONS_FIRST
    return [
      ...compareZones('zone', 'time zones', known, target, new Set(used.map(({ zone }) => zone.toLowerCase()))),
      ...compareZones('abbreviation', 'time zone abbreviations', known, target, new Set()),
      ...(changes ? used.flatMap((row) => newMeanings(row, known)) : []),
    ]
  },
})

/** Which abbreviations a zone has is only told by a session that is in it. */
async function inUse({ source, open }: ProbeEnds): Promise<UsedRow[]> {
  const zones = await source.query<{ name: string }>(IN_USE)
  await using session = await open('source', 'time zones')
  const rows: UsedRow[] = []
  for (const { name } of zones) {
    await session.query("SELECT pg_catalog.set_config('TimeZone', $1, false)", [name])
    const own = await session.query<{ abbreviation: string; offset: number }>(
      `SELECT DISTINCT pg_catalog.to_char(t, 'TZ') AS abbreviation, pg_catalog.date_part('timezone', t)::int4 AS "offset"
         FROM pg_catalog.unnest(ARRAY['2026-01-15Z', '2026-07-15Z']::timestamptz[]) t ORDER BY 1`,
    )
    rows.push({ kind: 'used', zone: name, own })
  }
  return rows
}

/** What the target lacks of a kind, and what has another distance from UTC there; graver where a used zone is among them. */
export function compareZones(
  kind: KnownRow['kind'],
  what: string,
  source: readonly KnownRow[],
  target: readonly KnownRow[],
  used: ReadonlySet<string>,
): NewFinding[] {
  const there = new Map(target.filter((row) => row.kind === kind).map(({ name, offset }) => [name, offset]))
  const here = source.filter((row) => row.kind === kind)
  const missing = here.filter(({ name }) => !there.has(name)).map(({ name }) => name)
  const differ = here.filter(({ name, offset }) => (there.get(name) ?? offset) !== offset).map(({ name }) => name)
  const ofUse = (names: readonly string[]) => names.some((name) => used.has(name.toLowerCase()))
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            object: `${what} that the target lacks`,
            ...(ofUse(missing) ? { severity: 'error' as const } : {}),
            message: `The target does not know ${counted(missing.length, kind)} that the source knows: ${listed(missing)}. A setting, a column or a query that names one is an error there.`,
            fix: advice(kind),
          },
        ]),
    ...(differ.length === 0
      ? []
      : [
          {
            object: `${what} that differ`,
            ...(kind === 'abbreviation' || ofUse(differ) ? {} : { severity: 'info' as const }),
            message: `${counted(differ.length, kind)} ${differ.length === 1 ? 'has' : 'have'} another distance from UTC on the target today: ${listed(differ)}. The same text stands for another moment there.`,
            fix: advice(kind),
          },
        ]),
  ]
}

function advice(kind: KnownRow['kind']) {
  const zones =
    'Update the time zone data of the older server (a minor release of PostgreSQL, or tzdata and tzdata-legacy of the system).'
  const abbreviations = 'Set timezone_abbreviations of the target as on the source.'
  return { kind: 'advice' as const, text: kind === 'zone' ? zones : abbreviations }
}

function newMeanings({ zone, own }: UsedRow, known: readonly KnownRow[]): NewFinding[] {
  const everywhere = new Map(
    known.filter(({ kind }) => kind === 'abbreviation').map(({ name, offset }) => [name, offset]),
  )
  return own.flatMap(({ abbreviation, offset }) => {
    const before = everywhere.get(abbreviation)
    if (before === undefined || before === offset) return []
    return [
      {
        object: `abbreviation ${abbreviation} in time zone ${zone}`,
        message: `Sessions with TimeZone ${zone} read '${abbreviation}' as UTC${signed(before)} before PostgreSQL 18, and as their own UTC${signed(offset)} from then on.`,
        fix: {
          kind: 'advice' as const,
          text: `Where an application writes times with ${abbreviation}, check which one it means; write offsets or full zone names instead.`,
        },
      },
    ]
  })
}

/** `+05:30` */
function signed(seconds: number): string {
  const minutes = Math.abs(Math.round(seconds / 60))
  return `${seconds < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
