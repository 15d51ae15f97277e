import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They run for minutes, which the size of their files does not tell: by that vitest goes where it has not run before. */
const LONG = [
  'matrix/from',
  'online/faults',
  'files/restore/formats',
  'files/restore/own',
  'files/dump/round-trip',
  'cli/run',
  'server/many-databases',
  'runbook/runbook',
  'engine/faults',
]

const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.includes(`/test/${name}`))

/** A long file that starts last would run on alone. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of vitest's that happens to be called so
    const sorted = await super.sort(files)
    return [...sorted.filter((file) => isLong(file)), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/kit/global-setup.ts',
    setupFiles: 'test/kit/setup.ts',
    pool: 'forks',
    sequence: { sequencer: LongFilesFirst },
    // Each worker has PostgreSQL servers of its own, and those want the processors, too.
    maxWorkers: 2,
    // Half of what a bundled pg_dump takes is to compile it once more, to code that pays in long dumps alone.
    execArgv: ['--liftoff-only'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
})
