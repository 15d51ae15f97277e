import { randomBytes } from 'node:crypto'
import { DatabaseError, type Session, isConnectionLost } from '../connection/index.ts'
import { quoteIdent, quoteLiteral } from '../sql.ts'

/** `unknown`: it was not tried, or could not be tried now; `refusals` says why. It never means yes. */
export type Power = 'yes' | 'no' | 'unknown'

/** The statements that show a power, for a name that is quoted, random and new. Locks are all that they can wait for. */
const ATTEMPTS = [
  ['createRole', (name) => `CREATE ROLE ${name}`],
  ['give.SUPERUSER', (name) => `CREATE ROLE ${name} SUPERUSER`],
  ['give.CREATEROLE', (name) => `CREATE ROLE ${name} CREATEROLE`],
  ['give.CREATEDB', (name) => `CREATE ROLE ${name} CREATEDB`],
  ['give.REPLICATION', (name) => `CREATE ROLE ${name} REPLICATION`],
  ['give.BYPASSRLS', (name) => `CREATE ROLE ${name} BYPASSRLS`],
  ['becomeRoles', (name) => `CREATE ROLE ${name}; GRANT ${name} TO CURRENT_USER; SET LOCAL ROLE ${name}`],
  ['takeScram', (name) => `CREATE ROLE ${name} PASSWORD ${quoteLiteral(madeUpScram())}`],
  ['takeMd5', (name) => `CREATE ROLE ${name} PASSWORD ${quoteLiteral(`md5${randomBytes(16).toString('hex')}`)}`],
  // Nothing is connected to. Whoever is no superuser has to give a password.
  [
    'createSubscription',
    (name) =>
      `CREATE SUBSCRIPTION ${name} CONNECTION 'dbname=none user=none password=none' PUBLICATION ${name} WITH (connect = false, slot_name = NONE)`,
  ],
  ['createPublication', (name) => `CREATE PUBLICATION ${name}`],
  ['publishAllTables', (name) => `CREATE PUBLICATION ${name} FOR ALL TABLES`],
  ['setReplicationRole', () => 'SET LOCAL session_replication_role = replica'],
  [
    'createEventTrigger',
    (name) =>
      `CREATE FUNCTION pg_temp.${name}() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ` +
      `CREATE EVENT TRIGGER ${name} ON ddl_command_end EXECUTE PROCEDURE pg_temp.${name}()`,
  ],
  ['setRoleParameters', (name) => `CREATE ROLE ${name}; ALTER ROLE ${name} SET log_min_duration_statement = 1000`],
] as const satisfies readonly (readonly [power: string, (name: string) => string])[]

export type Tried = (typeof ATTEMPTS)[number][0]

/** Of the form that get_password_type (crypt.c) takes for a verifier; nobody knows a password for it. */
function madeUpScram(): string {
  const [salt, stored, server] = [16, 32, 32].map((bytes) => randomBytes(bytes).toString('base64'))
  return `SCRAM-SHA-256$4096:${salt}$${stored}:${server}`
}

/**
 * Tries each in a savepoint of one transaction, which is rolled back however this ends. Throws what is no answer: the loss of the
 * connection, or an abort.
 */
export async function tryPowers(
  session: Session,
  leaveOut: readonly Tried[],
  signal: AbortSignal | undefined,
): Promise<{ answers: Map<Tried, Power>; refusals: Partial<Record<Tried, string>> }> {
  const answers = new Map<Tried, Power>()
  const refusals: Partial<Record<Tried, string>> = {}
  try {
    // READ WRITE also for a user whose default_transaction_read_only is on: what he can do is asked, not what he does.
    await session.script(
      "BEGIN READ WRITE; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '5s'; SET LOCAL client_min_messages = error; SAVEPOINT pgleap_probe",
    )
    for (const [power, attempt] of ATTEMPTS) {
      if (leaveOut.includes(power)) continue
      signal?.throwIfAborted()
      const name = quoteIdent(`pgleap_probe_${randomBytes(8).toString('hex')}`)
      try {
        await session.script(`ROLLBACK TO SAVEPOINT pgleap_probe; ${attempt(name)}`)
        answers.set(power, 'yes')
      } catch (error) {
        if (!(error instanceof DatabaseError) || isConnectionLost(error)) throw error
        answers.set(power, isCircumstance(error.server.sqlstate) ? 'unknown' : 'no')
        refusals[power] = error.server.message
      }
    }
    signal?.throwIfAborted()
  } finally {
    if (!session.broken) await session.script('ROLLBACK')
  }
  return { answers, refusals }
}

/**
 * Errors that say nothing about the power: transaction state, no room, limits, locks, timeouts, the system, and what code
 * of the user's (event triggers) raises. The first two letters are the class (PostgreSQL docs, Appendix A).
 */
function isCircumstance(sqlstate: string): boolean {
  return ['25', '40', '53', '54', '55', '57', '58', 'P0', 'XX'].includes(sqlstate.slice(0, 2))
}
