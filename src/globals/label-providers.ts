import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { quoteIdent } from '../sql.ts'
import type { ServerRoles } from './facts.ts'

/** The libraries that the labels of a server's roles are of. */
export function labelProviders({ roles }: Pick<ServerRoles, 'roles'>): string[] {
  return [...new Set(roles.flatMap(({ labels }) => labels.map(({ provider }) => provider)))]
}

/** No server takes such a name for a role: names that begin so are PostgreSQL's own, and this is none of them. */
const NO_ROLE = 'pg_pgleap_no_such_role'

/**
 * Which of these providers of security labels the target has not loaded. No catalog says that, so each is asked to label a role
 * that nobody has: SECURITY LABEL looks for the provider first (seclabel.c, ExecSecLabelStmt), and fails either way. Changes nothing.
 * One that the server says nothing of is none of them. The session must be outside of a transaction.
 */
export async function missingLabelProviders(
  session: Session,
  providers: readonly string[],
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>()
  for (const provider of providers) {
    try {
      await session.script(`SECURITY LABEL FOR ${quoteIdent(provider)} ON ROLE ${NO_ROLE} IS NULL`)
    } catch (error) {
      if (!(error instanceof DatabaseError) || session.broken) throw error
      if (error.server.sqlstate === SQLSTATE.invalidParameterValue) missing.add(provider)
    }
  }
  return missing
}
