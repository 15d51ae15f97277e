import { expect, test } from 'vitest'
import { dump } from '../../../src/files/index.ts'
import { restore } from '../../../src/files/restore/index.ts'
import { verify } from '../../../src/index.ts'
import { server } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { dropDatabase, emptyDatabase, FOREIGN_DATABASES, isPresent, loadForeign } from '../../matrix/databases.ts'
import { pgDump, scratch, stockPgDump } from './support.ts'

const program = stockPgDump(17)

test.each(FOREIGN_DATABASES.filter(isPresent))(
  '$name comes whole, from our archive and from that of a stock pg_dump',
  async (database) => {
    const from = await server(16)
    const to = await server(18)
    const source = await loadForeign(from, database)
    try {
      const before = await contentOf(source)
      await using folder = await scratch()
      await dump({ source, to: folder.path('ours'), compression: 'zstd', jobs: 2, statistics: 'include' })
      if (program !== undefined) await pgDump(program, source, ['-Ft', '-f', folder.path('theirs')])
      const archives = program === undefined ? ['ours'] : ['ours', 'theirs']
      for (const name of archives) {
        const target = await emptyDatabase(to, database.name)
        try {
          const report = await restore({ from: folder.path(name), target, jobs: 2 })
          expect(report.failures).toEqual([])
          expect(report.verdict).toBe(name === 'ours' ? 'SAME' : 'UNKNOWN')
          expect(report.differences.filter(({ verdict }) => verdict === 'DIFFERENT')).toEqual([])
          expect(await contentOf(target)).toEqual(before)
          expect(await verify({ source, target })).toMatchObject({ verdict: 'SAME' })
        } finally {
          await dropDatabase(to, database.name)
        }
      }
    } finally {
      await dropDatabase(from, database.name)
    }
  },
  180_000,
)
