// Registered in vitest.config.ts for every test file: after each test, no shared server holds what the test has left.
import { afterAll, afterEach, beforeEach } from 'vitest'
import { type Leak, describeLeaks, lastingLeaks, presentLeaks } from './leaks.ts'
import type { Server } from './server.ts'
import { usedServers } from './shared.ts'

/** What was there when the test began belongs to the file (its beforeAll) and must be gone when the file ends. */
let before = new Map<Server, Leak[]>()

beforeEach(async () => {
  before = new Map()
  for (const server of await usedServers()) before.set(server, await presentLeaks(server))
})

afterEach(() => refuseLeaks((server) => before.get(server) ?? []))

afterAll(() => refuseLeaks(() => []))

async function refuseLeaks(known: (server: Server) => readonly Leak[]): Promise<void> {
  for (const server of await usedServers()) {
    const leaks = await lastingLeaks(server, known(server))
    if (leaks.length > 0) throw new Error(describeLeaks(server, leaks))
  }
}
