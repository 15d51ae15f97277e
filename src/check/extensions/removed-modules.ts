/** Modules of PostgreSQL itself that are extensions and that a later major does not have any more. */
interface RemovedModule {
  name: string
  /** The first major without it. */
  removedIn: number
  /** What to use in its place. */
  instead: string
}

const PYTHON = 'Port its functions to Python 3: plpython3u.'

/** From the release notes of each major ("Migration to Version N"). */
const removedModules: readonly RemovedModule[] = [
  { name: 'tsearch2', removedIn: 10, instead: 'Full text search is part of PostgreSQL since 8.3.' },
  { name: 'chkpass', removedIn: 11, instead: "Change its columns to text; pgcrypto's crypt() keeps passwords safer." },
  { name: 'timetravel', removedIn: 12, instead: 'Write the trigger in PL/pgSQL.' },
  { name: 'plpythonu', removedIn: 15, instead: PYTHON },
  { name: 'plpython2u', removedIn: 15, instead: PYTHON },
  { name: 'hstore_plpythonu', removedIn: 15, instead: PYTHON },
  { name: 'hstore_plpython2u', removedIn: 15, instead: PYTHON },
  { name: 'ltree_plpythonu', removedIn: 15, instead: PYTHON },
  { name: 'ltree_plpython2u', removedIn: 15, instead: PYTHON },
  { name: 'jsonb_plpythonu', removedIn: 15, instead: PYTHON },
  { name: 'jsonb_plpython2u', removedIn: 15, instead: PYTHON },
  { name: 'adminpack', removedIn: 17, instead: 'pgAdmin 4 does without it.' },
  { name: 'old_snapshot', removedIn: 17, instead: 'Nothing: old_snapshot_threshold is gone, too.' },
  { name: 'refint', removedIn: 20, instead: 'Use foreign keys.' },
]

/** Whether this module is gone on the way from one major to the other; a source that has it got it with its own major. */
export function removedBy(name: string, target: number): RemovedModule | undefined {
  return removedModules.find((module) => module.name === name && module.removedIn <= target)
}
