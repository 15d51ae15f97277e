import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { connectClient, startServer } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import { QUIET, hasLedger, presence, randomFrom, runPgleap, startPgleap, tables } from '../../migrate/faults/scene.ts'
import { pgDump, scratch, stockPgDump } from './support.ts'

const KILLS = 20
const program = stockPgDump(18)

test.skipIf(program === undefined)(
  `a restore whose process is killed ${String(KILLS)} times ends with all that the archive holds, each row once`,
  { timeout: 240_000 },
  async () => {
    const seed = Number(process.env['PGLEAP_SEED'] ?? randomInt(2 ** 31))
    process.stderr.write(`PGLEAP_SEED=${String(seed)} repeats these kills\n`)
    const random = randomFrom(seed)
    await using folder = await scratch()
    const archive = folder.path('archive')
    let before: string[]
    {
      await using from = await startServer({ major: 14, settings: QUIET })
      await loadRoles(from)
      const source = await loadDemo(from, 'demo')
      await using client = await connectClient(source)
      await client.query(tables({ rows: 60_000 }))
      before = await contentOf(source)
      await pgDump(program ?? '', source, ['-Fd', '-Z1', '-f', archive])
    }
    await using to = await startServer({ major: 17 })
    await loadRoles(to)
    const target = await emptyDatabase(to, 'demo')

    const command = ['restore', archive, target, '--jobs', '3']
    const done: number[] = []
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const [share, delay] = [random(), random()]
      let countdown = Infinity
      const life = startPgleap(command, (event, { child }) => {
        if (event.type === 'step-done') done.push(event.step.id)
        // Ends spread over the steps that are left, whatever they are doing then; the last ones hit the comparison.
        if (event.type === 'plan')
          countdown = kill > KILLS - 3 ? Infinity : Math.ceil((share * 2 * event.steps) / (KILLS - 2 - kill))
        if (event.type === 'step-done') countdown -= 1
        const isDying = countdown <= 0 || (event.type === 'phase' && event.phase === 'verify')
        if (isDying) setTimeout(() => child.kill('SIGKILL'), delay * 60)
      })
      const { code, error, stderr } = await life.ended
      expect(code, `seed ${String(seed)}, kill ${String(kill)}: ${JSON.stringify(error)} ${stderr}`).toBe('SIGKILL')
    }
    expect(done, `seed ${String(seed)}: a step was done twice`).toHaveLength(new Set(done).size)

    const { result, error } = await runPgleap(command)
    expect(error, `seed ${String(seed)}`).toBeUndefined()
    expect(result?.failures).toEqual([])
    expect(result?.differences.filter(({ verdict }) => verdict === 'DIFFERENT')).toEqual([])
    expect(await contentOf(target)).toEqual(before)
    expect(await hasLedger(target)).toBe(false)
    await expect.poll(() => presence(to)).toEqual([])
  },
)
