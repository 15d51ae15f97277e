import { ownersOf, rolesOf, type Archive, type Entry } from '../archive/index.ts'
import type { DatabaseFacts } from '../catalog/index.ts'
import type { ConnectionInfo, Session } from '../connection/index.ts'
import type { RunLog } from '../migrate/index.ts'
import type { RehearsalReport } from '../report/index.ts'
import type { RehearseOptions } from './options.ts'
import type { Outcome } from './try-entries.ts'

/** Everything that a rehearsal works with. */
export interface Stage {
  options: RehearseOptions
  log: RunLog
  info: ConnectionInfo
  source: Session
  like: DatabaseFacts
  /** Any database of the server to rehearse on. */
  server: ConnectionInfo
  kind: 'target' | 'embedded'
}

/** What became of the schema. */
export type SchemaOutcome = Pick<RehearsalReport, 'scratch' | 'objects' | 'failures' | 'blocked' | 'bodies'> & {
  outcomes: ReadonlyMap<Entry, Outcome>
}

/** Roles are rehearsed by nobody: the one that connects stands for all of them. */
export function rolesTo(user: string, archive: Archive): ReadonlyMap<string, string> {
  const roles = new Set([...ownersOf(archive), ...archive.entries.flatMap((entry) => [...rolesOf(entry)])])
  return new Map([...roles].map((role) => [role, user]))
}
