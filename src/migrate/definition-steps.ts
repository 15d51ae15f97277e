import type { Session } from '../connection/index.ts'
import type { Definitions, DefinitionWork, RestoreWork, Work } from '../plan/index.ts'
import { withoutQuotedSecrets } from './hidden-words.ts'

/**
 * Statements that may travel with others; undefined for other work, and for a definition with a secret: what a server says of
 * that has to be told from the rest.
 */
export function openStatements(work: Work | RestoreWork, definitions: () => Definitions): string[] | undefined {
  if (work.kind === 'sql') return work.statements
  if (work.kind !== 'definition') return undefined
  return definitions().secretIn(work) === 'none' ? definitions().sql(work) : undefined
}

/** What the server says of a definition is told without the secrets that the definition holds. */
export async function runDefinition(target: Session, work: DefinitionWork, definitions: Definitions): Promise<void> {
  try {
    for (const statement of definitions.sql(work)) await target.script(statement)
  } catch (error) {
    throw definitions.secretIn(work) === 'none' ? error : withoutQuotedSecrets(error)
  }
}
