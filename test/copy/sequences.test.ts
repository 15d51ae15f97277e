import { describe, expect, test } from 'vitest'
import { copySequences, readSequenceStates } from '../../src/copy/index.ts'
import { readSequences } from '../../src/catalog/index.ts'
import { type Pair, withPair } from '../catalog/sessions.ts'
import type { Major } from '../kit/index.ts'

const SEQUENCES = `
  CREATE SCHEMA "Odd ""Schema";
  CREATE SEQUENCE public.never_called START 7;
  CREATE SEQUENCE public.called;
  CREATE SEQUENCE public.set_but_not_called;
  CREATE SEQUENCE public.highest;
  CREATE SEQUENCE public.lowest INCREMENT -1 MINVALUE -9223372036854775808;
  CREATE SEQUENCE "Odd ""Schema"."a.b 'c'" AS smallint CYCLE;
  CREATE TABLE public.owners (s serial, i int GENERATED ALWAYS AS IDENTITY);
`

async function copyAll({ source, target }: Pair): Promise<void> {
  await source.script('BEGIN')
  await target.script('BEGIN')
  await copySequences(source, target, await readSequences(source))
  await target.script('COMMIT')
  await source.script('COMMIT')
}

describe('sequences', () => {
  test.for<[Major, Major]>([
    [13, 18],
    [18, 18],
  ])('stand on the target exactly where they stood on the source, from %i to %i', ([from, to]) =>
    withPair(from, to, async (pair) => {
      const { source, target } = pair
      for (const session of [source, target]) await session.script(SEQUENCES)
      await source.script(`
        SELECT nextval('public.called'), nextval('public.called');
        SELECT setval('public.set_but_not_called', 42, false);
        SELECT setval('public.highest', 9223372036854775807);
        SELECT setval('public.lowest', -9223372036854775808);
        SELECT setval('"Odd ""Schema"."a.b ''c''"', 32767);
        INSERT INTO public.owners DEFAULT VALUES`)
      await target.script(`SELECT setval('public.called', 1000)`)
      await copyAll(pair)

      await target.script('BEGIN')
      const states = await readSequenceStates(target, await readSequences(target))
      await target.script('COMMIT')
      expect(states.map(({ name, lastValue, isCalled }) => [name, lastValue, isCalled])).toEqual([
        ["a.b 'c'", '32767', true],
        ['called', '2', true],
        ['highest', '9223372036854775807', true],
        ['lowest', '-9223372036854775808', true],
        ['never_called', '7', false],
        ['owners_i_seq', '1', true],
        ['owners_s_seq', '1', true],
        ['set_but_not_called', '42', false],
      ])
      expect(await target.query(`SELECT nextval('public.called') AS n`)).toEqual([{ n: 3 }])
    }),
  )

  test('may be many', () =>
    withPair(14, 17, async (pair) => {
      for (const session of [pair.source, pair.target]) {
        await session.script(
          `DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE 'CREATE SEQUENCE public.s' || i; END LOOP; END $$`,
        )
      }
      await pair.source.script(
        `SELECT setval(format('public.s%s', i)::regclass, i * 10) FROM generate_series(1, 500) i`,
      )
      await copyAll(pair)
      const sum = `SELECT sum(last_value)::int8 AS sum FROM pg_sequences`
      expect(await pair.target.query(sum)).toEqual(await pair.source.query(sum))
    }))

  test('that cannot be set or read are named, and the transaction can go on', () =>
    withPair(14, 17, async ({ source, target }) => {
      for (const session of [source, target]) {
        await session.script('CREATE SEQUENCE public.a; CREATE SEQUENCE public.b; CREATE SEQUENCE public.c')
      }
      await source.script(`SELECT setval('public.a', 5), setval('public.b', 500)`)
      await target.script('ALTER SEQUENCE public.b MAXVALUE 100')
      for (const session of [source, target]) await session.script('BEGIN')
      const all = await readSequences(source)
      await expect(copySequences(source, target, all)).rejects.toMatchObject({
        code: 'copy.sequence-set',
        party: 'target',
        message: expect.stringMatching(/^Sequence public\.b: /),
      })
      await target.script('COMMIT')
      await source.script('SAVEPOINT s; DROP SEQUENCE public.c')
      await expect(copySequences(source, target, all)).rejects.toMatchObject({
        code: 'copy.sequence-read',
        party: 'source',
        message: expect.stringMatching(/^Sequence public\.c: /),
      })
      await source.script('ROLLBACK')
    }))
})
