import type { Client } from 'pg'
import { PgleapError } from '../errors.ts'
import type { Login } from './pg-session.ts'
import type { Side } from './session.ts'

/**
 * Called where the process that answers is not the one that the login named, so that something is in between. `own`:
 * it keeps one server process for each session (a pooler in session mode, a proxy), which is all that we need.
 * `shared`: it does not (PgBouncer in transaction or statement mode).
 *
 * Told by process ids alone, so nothing is left on the server: with two sessions open, a pooler that shares gives both
 * the same process, or gives one session another process than before. Which of them depends on the order in which
 * it hands out idle connections (server_round_robin), so both are looked for, with the sessions' turns mixed.
 */
export async function poolerBetween(first: Client, another: () => Promise<Login>): Promise<'own' | 'shared'> {
  const { client: second } = await another()
  try {
    const mine = await pidOf(first)
    const other = await pidOf(second)
    if (mine === other) return 'shared'
    if ((await pidOf(first)) !== mine || (await pidOf(first)) !== mine || (await pidOf(second)) !== other)
      return 'shared'
    // Two transactions at once take two processes; given back in this order, the last one back is the first one out.
    await first.query('BEGIN')
    await second.query('BEGIN')
    const held = [await pidOf(first), await pidOf(second)]
    await first.query('ROLLBACK')
    await second.query('ROLLBACK')
    const after = [await pidOf(first), await pidOf(second)]
    return [...held, ...after].join() === [mine, other, mine, other].join() ? 'own' : 'shared'
  } finally {
    await second.end().catch(() => {})
  }
}

export function refusePooler(side: Side): PgleapError {
  return new PgleapError({
    code: 'connect.pooler',
    message: `Between pgleap and the ${side} is a connection pooler that shares server connections (transaction mode).`,
    hint: 'Connect to the server itself: often port 5432 in place of 6432 or 6543, or a host name without "-pooler".',
    party: side,
  })
}

async function pidOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}
