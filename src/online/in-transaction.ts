import type { Session } from '../connection/index.ts'

/** Does the work in a transaction of the session, and nothing of it where it throws. */
export async function inTransaction(session: Session, work: () => Promise<void>): Promise<void> {
  await session.script('BEGIN')
  try {
    await work()
    await session.script('COMMIT')
  } catch (error) {
    if (!session.broken) await session.script('ROLLBACK')
    throw error
  }
}
