import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formOf, restoreScript } from '../../../src/files/index.ts'
import { restore } from '../../../src/files/restore/index.ts'
import { verify } from '../../../src/index.ts'
import { server, type Major } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { dropDatabase, emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import { pgDumpThroughPipe, scratch, stockPgDump } from './support.ts'

const run = promisify(execFile)

/**
 * Archives of before 16 are of version 1.14: no compression is named, and there is one entry for all large objects. Before 14,
 * partitions are attached within their own entries. What `behind` names such a pg_dump leaves to the target: who owns schema
 * public where nobody has changed that.
 */
const OLD: { by: 13 | 15; from: Major; behind: string[] }[] = [
  { by: 13, from: 13, behind: ['comment SCHEMA public', 'schema public'] },
  { by: 15, from: 14, behind: [] },
]

for (const { by, from, behind } of OLD) {
  const program = stockPgDump(by) ?? ''
  describe.skipIf(program === '')(`pg_dump ${String(by)} of a server of ${String(from)}`, () => {
    let source: string
    let before: unknown
    beforeAll(async () => {
      const at = await server(from)
      for (const end of [at, await server(17)]) await loadRoles(end)
      source = await loadDemo(at, 'older_source')
      before = await contentOf(source)
    }, 180_000)
    afterAll(async () => dropDatabase(await server(from), 'older_source'))

    const shapes: { args: string[]; differs?: string[] }[] = [
      { args: ['-Fc'], differs: behind },
      { args: ['through a pipe'] },
      { args: ['-Fd', '-j2', '-Z0'] },
      { args: ['-Ft'] },
      // It is run as it stands, and CREATE SUBSCRIPTION has other defaults since 16.
      { args: ['-Fp'], differs: [...behind, 'subscription from_elsewhere'] },
    ]
    test.each(shapes)(
      '$args comes to a server of 17 with all that the source holds',
      async ({ args, differs }) => {
        await using folder = await scratch()
        const archive = folder.path('archive')
        await (args[0] === 'through a pipe'
          ? pgDumpThroughPipe(program, source, archive)
          : run(program, ['--dbname', source, ...args, '-f', archive]))
        const to = await server(17)
        const target = await emptyDatabase(to, 'older_target')
        try {
          expect(await restoreEither(archive, target)).toEqual([])
          expect(await contentOf(target)).toEqual(before)
          expect(differs === undefined ? undefined : await differences(source, target)).toEqual(differs)
        } finally {
          await dropDatabase(to, 'older_target')
        }
      },
      60_000,
    )
  })
}

/** What went wrong, and what is different afterwards. */
async function restoreEither(from: string, target: string): Promise<unknown[]> {
  if ((await formOf(from)) === 'script') return (await restoreScript({ script: from, target })).errors
  const { failures, differences } = await restore({ from, target, jobs: 2 })
  return [...failures, ...differences.filter(({ verdict }) => verdict === 'DIFFERENT')]
}

async function differences(source: string, target: string): Promise<string[]> {
  const { objects } = await verify({ source, target })
  const odd = objects.filter(({ verdict }) => verdict !== 'SAME')
  return odd.map(({ kind, object }) => `${kind} ${object}`).toSorted()
}
