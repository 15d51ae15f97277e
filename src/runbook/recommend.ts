import type { CheckReport, Finding } from '../report/index.ts'
import { openFindings } from '../report/index.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'

export type Way = 'offline' | 'online'

/** What the choice between offline and online is made from. */
export interface RecommendFacts {
  /** How long writes may stop. */
  allowedPauseMs: number
  /** How long an offline run stops writes: comparing included. */
  offline: { likelyMs: number; highMs: number; basis: 'plan' | 'rehearsal' }
  /** What the source's tables take on its disk. */
  bytes: number
  writes: WriteRate
  /** What `check` found on the online path. */
  obstacles: readonly Obstacle[]
}

export interface WriteRate {
  /** Rows inserted, updated and deleted in this database, by the server's counters. */
  rowsPerSecond: number
  /** Of the whole server: a slot holds all of it. */
  walBytesPerSecond: number
  sampledMs: number
  /** What the counters say of a longer time, in words; absent where it is not worth telling. */
  average?: string
}

export interface Obstacle {
  id: string
  /** `standing` speaks against online; `mendable` has to be done before it. */
  kind: 'standing' | 'mendable'
  what: string
}

export interface Recommendation {
  way: Way
  /** Two or three sentences: why. */
  reasons: string[]
}

/** What can be mended by no parameter and no statement, and makes an online migration slow, long or incomplete. */
const AGAINST_ONLINE: Readonly<Record<string, string>> = {
  O20: 'large objects, which logical replication does not carry',
  I03: 'tables whose rows cannot be told apart on the target',
  I04: 'large tables without a key that change, and are searched row by row on the target',
  I08: 'more writes than the one process that applies them manages',
}

/** Sorts what `check` found on the online path. Pure. */
export function obstaclesOf(report: Pick<CheckReport, 'results'>): Obstacle[] {
  const byId = new Map<string, Obstacle>()
  for (const finding of openFindings(report.results)) {
    const obstacle = obstacleOf(finding, report.results.find(({ id }) => id === finding.id)?.title ?? '')
    const known = byId.get(finding.id)
    if (obstacle !== undefined && (known === undefined || known.kind === 'mendable')) byId.set(finding.id, obstacle)
  }
  return [...byId.values()]
}

function obstacleOf({ id, severity, fix }: Finding, title: string): Obstacle | undefined {
  if (severity !== 'block' && severity !== 'error') return undefined
  const against = AGAINST_ONLINE[id]
  if (against !== undefined) return { id, kind: 'standing', what: against }
  if (severity !== 'block') return undefined
  const mendable = fix?.kind === 'sql' || fix?.kind === 'parameter'
  return { id, kind: mendable ? 'mendable' : 'standing', what: `not so: ${title}` }
}

/** Offline where it fits into the pause, since it leaves the source as it is; else online, unless that is known to fail. Pure. */
export function recommend(facts: RecommendFacts): Recommendation {
  const { offline, allowedPauseMs } = facts
  const standing = facts.obstacles.filter(({ kind }) => kind === 'standing')
  const mendable = facts.obstacles.filter(({ kind }) => kind === 'mendable')
  const basis = offline.basis === 'rehearsal' ? 'as the rehearsal predicts' : 'by a guess from sizes'
  const stops = `An offline run stops writes for about ${formatDuration(offline.likelyMs)}, at most ${formatDuration(offline.highMs)} (${basis}), and ${formatDuration(allowedPauseMs)} are allowed.`
  if (offline.highMs <= allowedPauseMs) {
    return {
      way: 'offline',
      reasons: [stops, 'It makes and changes nothing on the source, and has the fewest steps that can go wrong.'],
    }
  }
  if (standing.length > 0) {
    return {
      way: 'offline',
      reasons: [
        stops,
        `Online would keep writes going, but this stands against it: ${standing.map(({ id, what }) => `${what} (${id})`).join('; ')}.`,
        'So ask for a longer pause, or mend that and plan again.',
      ],
    }
  }
  const first =
    mendable.length === 0
      ? 'Nothing that was checked stands against it.'
      : `Before it starts, ${mendable.map(({ id }) => id).join(', ')} ${mendable.length === 1 ? 'has' : 'have'} to be mended.`
  return { way: 'online', reasons: [stops, `Online stops them for seconds. ${load(facts)}`, first] }
}

/** What the copy costs the source while it runs: a slot holds back all WAL from its beginning. */
function load({ writes, offline }: RecommendFacts): string {
  const { rowsPerSecond, walBytesPerSecond } = writes
  if (walBytesPerSecond < 1) return 'Nothing was written while we looked; look again at a busy hour.'
  const held = (walBytesPerSecond * offline.highMs) / 1000
  return `The source writes ${formatBytes(walBytesPerSecond)} of WAL and ${formatCount(Math.round(rowsPerSecond))} rows a second now, so its disk needs room for about ${formatBytes(held)} of WAL until the copy is done.`
}
