import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../src/index.ts'
import { MAJORS, type Major, type OwnServer, startServer } from '../kit/index.ts'
import { contentOf } from './content.ts'
import {
  FOREIGN_DATABASES,
  dropDatabase,
  emptyDatabase,
  isPresent,
  loadDemo,
  loadForeign,
  loadRoles,
} from './databases.ts'
import { dumpOf, explained } from './dumps.ts'

// Each file of the matrix holds the pairs from some majors on; together they hold all of them.

const servers = new Map<Major, OwnServer>()
const on = (major: Major): OwnServer => {
  const server = servers.get(major)
  if (server === undefined) throw new Error(`PostgreSQL ${major} was not started`)
  return server
}

/** Starts the servers for a file of the matrix, of this major and all newer ones. */
export function serversFrom(oldest: Major): void {
  beforeAll(async () => {
    for (const major of MAJORS.filter((one) => one >= oldest)) {
      servers.set(major, await startServer({ major }))
      await loadRoles(on(major))
    }
  })
  afterAll(async () => {
    for (const server of servers.values()) await server[Symbol.asyncDispose]()
  })
}

/** The demo database arrives from these majors on their own and every newer one. */
export function demoArrives(sources: readonly Major[]): void {
  describe.each(sources)('the demo database of PostgreSQL %i', (major) => {
    const targets = MAJORS.filter((target) => target >= major)
    let source: string
    let sourceContent: string[]
    let sourceDump: Awaited<ReturnType<typeof dumpOf>>

    beforeAll(async () => {
      source = await loadDemo(on(major), 'demo')
      sourceContent = await contentOf(source)
      sourceDump = await dumpOf(source)
    })
    afterAll(() => dropDatabase(on(major), 'demo'))

    test.each(targets)('arrives whole on %i, and a dump of it is a dump of the source', async (newer) => {
      const name = `demo_of_${major}`
      const target = await emptyDatabase(on(newer), name)

      const report = await migrate({ source, target, jobs: 2 })
      expect(report.failures).toEqual([])
      expect(report.blocked).toEqual([])
      expect(report.verdict).toBe('SAME')

      expect(await contentOf(target)).toEqual(sourceContent)
      expect(explained(await dumpOf(target), major, newer)).toEqual(explained(sourceDump, major, newer))
      await dropDatabase(on(newer), name)
    })
  })
}

/** Databases that nobody here wrote arrive. */
export function foreignArrives(older: Major, newer: Major): void {
  describe(`from PostgreSQL ${older} to ${newer}`, () => {
    for (const database of FOREIGN_DATABASES) {
      test.skipIf(!isPresent(database))(`${database.name}, which nobody here wrote, arrives whole`, async () => {
        const source = await loadForeign(on(older), database)
        const target = await emptyDatabase(on(newer), database.name)

        const report = await migrate({ source, target, jobs: 2 })
        expect(report.failures).toEqual([])
        expect(report.verdict).toBe('SAME')

        expect(await contentOf(target)).toEqual(await contentOf(source))
        expect(explained(await dumpOf(target), older, newer)).toEqual(explained(await dumpOf(source), older, newer))
        await dropDatabase(on(older), database.name)
        await dropDatabase(on(newer), database.name)
      })
    }
  })
}
