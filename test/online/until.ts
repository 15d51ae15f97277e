import { setTimeout as sleep } from 'node:timers/promises'

/** Tries until it does not throw any more, and throws what it threw last after half a minute. */
export async function until(assertion: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      await assertion()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(50)
    }
  }
}
