import type { Ledger } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Chosen, Providers } from '../../migrate/index.ts'
import type { RestoreWork } from '../../plan/index.ts'
import type { ArchiveIdentity } from './identity.ts'

/** What the ledger keeps of a restore beside its steps: enough to go on in another process. Plain JSON, no secret. */
export interface RestoreNotes {
  choices: Chosen
  archive: ArchiveIdentity
  /** What to make of objects that only the target holds: it may have held them before. */
  extraObjects: 'report' | 'ignore'
  /** Whose services are on both ends, whose rules the run follows to its end. */
  providers: Providers
  /** Names on the target of the services' own roles. */
  owners: Readonly<Record<string, string>>
}

/** @throws PgleapError `restore.other-run` where the ledger is that of a migration */
export function restoreNotesOf({ run }: Pick<Ledger<RestoreWork>, 'run'>): RestoreNotes {
  if (isNotes(run.options)) return run.options
  throw new PgleapError({
    code: 'restore.other-run',
    message: `The target holds an unfinished run from ${run.source['describe'] ?? 'another source'}.`,
    hint: 'Go on with it by "pgleap resume", or name an empty target.',
    party: 'usage',
  })
}

function isNotes(options: object): options is RestoreNotes {
  return ['choices', 'archive', 'extraObjects', 'providers', 'owners'].every((key) => key in options)
}
