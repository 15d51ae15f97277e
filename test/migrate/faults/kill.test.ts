import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { connectClient, startServer } from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { emptyDatabase, loadDemo, loadRoles } from '../../matrix/databases.ts'
import {
  type Life,
  PART_SIZE,
  QUIET,
  hasLedger,
  presence,
  randomFrom,
  runPgleap,
  startPgleap,
  tables,
} from './scene.ts'

const KILLS = 30
/** The last of them hit a run that has no steps left, but no verdict yet. */
const KILLS_AT_THE_END = 5

test(
  `a run whose process is killed ${String(KILLS)} times ends with the verdict SAME and leaves nothing behind`,
  { timeout: 240_000 },
  async () => {
    const seed = Number(process.env['PGLEAP_SEED'] ?? randomInt(2 ** 31))
    process.stderr.write(`PGLEAP_SEED=${String(seed)} repeats these kills\n`)
    const random = randomFrom(seed)
    await using from = await startServer({ major: 14, settings: QUIET })
    await using to = await startServer({ major: 17 })
    await loadRoles(from)
    await loadRoles(to)
    const source = await loadDemo(from, 'demo')
    {
      await using client = await connectClient(source)
      await client.query(tables({ rows: 60_000 }))
    }
    const target = await emptyDatabase(to, 'demo')
    const before = await contentOf(source)
    const migrate = ['migrate', source, target, '--jobs', '3', '--part-size', String(PART_SIZE)]

    const done: number[] = []
    const snapshots = new Set<string>()
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const args = (await hasLedger(target)) && random() < 0.5 ? ['resume', target, '--jobs', '3'] : migrate
      const killsLeft = KILLS - KILLS_AT_THE_END - kill
      const [share, delay, kind] = [random(), random(), random()]
      let countdown = Infinity
      let isDying = false
      const die = (life: Life, ms: number): void => {
        if (!isDying) setTimeout(() => life.child.kill('SIGKILL'), ms)
        isDying = true
      }
      const life = startPgleap(args, (event) => {
        if (event.type === 'resumed') snapshots.add(event.snapshot)
        if (event.type === 'step-done') done.push(event.step.id)
        if (killsLeft >= 0) {
          // Ends spread evenly over the steps that are left, whatever they are doing then.
          if (event.type === 'plan') countdown = Math.ceil((share * 2 * event.steps) / (killsLeft + 1))
          if (event.type === 'step-done') countdown -= 1
          if (countdown <= 0) die(life, delay * 60)
        } else if (event.type === 'phase') {
          if (event.phase === 'verify' && kill < KILLS) die(life, delay * 600)
          // At the latest: the comparison may have been over before its kill was due.
          if (event.phase === 'finish' && kill < KILLS) life.child.kill('SIGKILL')
          if (event.phase === 'finish' && kill === KILLS) die(life, delay * 30)
        }
      })
      // Some do not live long enough to do anything.
      if (killsLeft >= 0 && kind < 1 / 6) die(life, share * 700)
      const { code, error, stderr } = await life.ended
      expect(code, `seed ${String(seed)}, kill ${String(kill)}: ${JSON.stringify(error)} ${stderr}`).toBe('SIGKILL')
    }
    expect([...snapshots]).toEqual(['same'])
    expect(done, `seed ${String(seed)}: a step was done twice`).toHaveLength(new Set(done).size)

    // The last kill may have come after the ledger was dropped, which is the end of a run.
    const last = await runPgleap((await hasLedger(target)) ? migrate : ['verify', source, target])
    expect(last, `seed ${String(seed)}`).toMatchObject({ code: 0, error: undefined, result: { verdict: 'SAME' } })
    expect(await contentOf(target)).toEqual(before)
    expect(await contentOf(source)).toEqual(before)
    expect(await hasLedger(target)).toBe(false)
    await expect.poll(() => presence(from)).toEqual([])
    await expect.poll(() => presence(to)).toEqual([])
  },
)
