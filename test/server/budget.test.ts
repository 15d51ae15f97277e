import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitting, shareOf, withinBudget } from '../../src/server/budget.ts'

describe('the budget of connections', () => {
  test('gives up databases at once before it gives up jobs, and never the last of either', () => {
    expect(fitting({ jobs: 8, databasesAtOnce: 4 }, 97)).toEqual({ jobs: 8, databasesAtOnce: 4 })
    expect(fitting({ jobs: 8, databasesAtOnce: 4 }, 22)).toEqual({ jobs: 8, databasesAtOnce: 2 })
    expect(fitting({ jobs: 8, databasesAtOnce: 4 }, 12)).toEqual({ jobs: 4, databasesAtOnce: 1 })
    expect(fitting({ jobs: 8, databasesAtOnce: 4 }, 0)).toEqual({ jobs: 1, databasesAtOnce: 1 })
    expect(fitting({ jobs: 2, databasesAtOnce: 4 }, 97)).toEqual({ jobs: 2, databasesAtOnce: 2 })
  })

  test('goes to databases by their sizes, and leaves a job for each of the others', () => {
    expect(shareOf(4, [1e12, 1e6])).toBe(3)
    expect(shareOf(4, [1e9, 1e9])).toBe(2)
    expect(shareOf(8, [6e9, 1e9, 1e9])).toBe(6)
    expect(shareOf(8, [1e9])).toBe(8)
    expect(shareOf(2, [0, 0])).toBe(1)
  })

  test('is never exceeded, and every database is worked on once, in order', async () => {
    const sizes = fc.array(fc.nat(1e6), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(8),
        fc.infiniteStream(fc.nat(4)),
        async (list, jobs, more, ticks) => {
          const databasesAtOnce = 1 + (more % jobs)
          let [running, used] = [0, 0]
          const begun: number[] = []
          const items = list.map((size, at) => ({ size, at }))
          const options = { sizeOf: ({ size }: { size: number }) => size, signal: undefined }
          await withinBudget(items, { jobs, databasesAtOnce }, options, async ({ at }, share) => {
            begun.push(at)
            running += 1
            used += share
            expect(share).toBeGreaterThan(0)
            expect(running).toBeLessThanOrEqual(databasesAtOnce)
            expect(used).toBeLessThanOrEqual(jobs)
            for (let left = Number(ticks.next().value); left > 0; left -= 1) await Promise.resolve()
            running -= 1
            used -= share
          })
          expect(begun).toEqual(items.map(({ at }) => at))
        },
      ),
    )
  })

  test('begins nothing more once it is to stop', async () => {
    const controller = new AbortController()
    const begun: string[] = []
    const options = { sizeOf: () => 1, signal: controller.signal }
    await withinBudget(['a', 'b', 'c'], { jobs: 1, databasesAtOnce: 1 }, options, async (name) => {
      begun.push(name)
      controller.abort()
    })
    expect(begun).toEqual(['a'])
  })
})
