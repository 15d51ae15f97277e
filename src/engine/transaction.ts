import type { Session } from '../connection/index.ts'

/** Runs `work` in a transaction of an idle session; where it throws, all of it is undone. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.script('BEGIN')
  try {
    const result = await work()
    await session.script('COMMIT')
    return result
  } catch (error) {
    await rollBack(session)
    throw error
  }
}

/** Leaves the session idle, or broken; the error that led here is the one to report, so this never throws. */
export async function rollBack(session: Session): Promise<void> {
  if (!session.broken) await session.script('ROLLBACK').catch(() => {})
}
