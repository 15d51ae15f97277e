import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/kit/global-setup.ts',
    setupFiles: 'test/kit/setup.ts',
    pool: 'forks',
    // Each worker has PostgreSQL servers of its own, and those want the processors, too.
    maxWorkers: 2,
    // Half of what a bundled pg_dump takes is to compile it once more, to code that pays in long dumps alone.
    execArgv: ['--liftoff-only'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
})
