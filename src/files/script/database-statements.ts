import { readDatabase } from '../../catalog/index.ts'
import type { Session } from '../../connection/index.ts'
import { chosen, databaseOf, databasePropertiesSql, readRules, type Providers } from '../../migrate/index.ts'
import type { DatabaseStatement } from '../../plan/index.ts'
import { quoteIdent, quoteLiteral } from '../../sql.ts'
import type { SecurityLabel, ServerDatabase } from '../server-database.ts'

export interface DatabaseStatementsOptions {
  made: ServerDatabase
  created: 'created' | 'found'
  providers: Providers
  /** The connecting role of the dump. */
  sourceUser: string
}

/** What gives the session's database the owner, comment, settings, connection limit, grants and labels that it had. */
export async function databaseStatements(
  session: Session,
  { made, created, providers, sourceUser }: DatabaseStatementsOptions,
): Promise<DatabaseStatement[]> {
  const rules = await readRules({ providers, sourceUser, target: session, choices: chosen({}) })
  const found = await readDatabase(session)
  const statements = databasePropertiesSql(databaseOf(made.facts, rules), found, {
    owner: created === 'created' ? 'keep' : 'skip',
    privileges: 'keep',
    roleSettings: 'keep',
    role: (name) => name,
  })
  return [...statements, ...made.labels.map((label) => labelSql(label, found.name))]
}

function labelSql({ provider, label }: SecurityLabel, database: string): DatabaseStatement {
  const what = `SECURITY LABEL FOR ${quoteIdent(provider)} ON DATABASE ${quoteIdent(database)}`
  // A server speaks of providers and objects, and quotes no label.
  return { label: what, sql: `${what} IS ${quoteLiteral(label)}`, secret: 'none' }
}
