import { expect, test } from 'vitest'
import { online, switchTo, syncSchema } from '../../src/online/index.ts'
import { connectClient, freshDatabase, startServer } from '../kit/index.ts'
import { write } from './pair.ts'
import { until } from './until.ts'

/** Rows that are there before, so that a column comes to rows that no statement writes any more. */
const TABLES = `
  create table plain (id int primary key, v text);
  create table vacuumed (id int primary key, v text);
  create table retyped (id int primary key, v text);
  create table moved (id int primary key, v text);
  create table later (id int primary key, v text);
  create table nulls (id int primary key, v text);
  create table parted (id int, day int, primary key (id, day)) partition by range (day);
  create table parted_1 partition of parted for values from (0) to (10);
  create table parted_2 partition of parted for values from (10) to (20);
  create table held (id int primary key);
  insert into plain select i, 'v' from generate_series(1, 3) i;
  insert into vacuumed table plain;
  insert into retyped table plain;
  insert into moved table plain;
  insert into later table plain;
  insert into nulls table plain;
  insert into parted values (1, 5), (2, 15)`

/** What becomes of the rows that were there: a default holds for them, or does not, whatever it is now. */
const DDL = [
  'alter table plain add column c int default 5 not null',
  'alter table vacuumed add column c int default 5, add column d smallint not null default 0::smallint',
  'vacuum full vacuumed',
  `alter table retyped add column c int not null default 5, add column d varchar(20) default 'a'::varchar(10)`,
  'alter table retyped alter column c type bigint',
  'alter table moved add column c int default 5',
  'alter table moved alter column c set default 7',
  'alter table later add column c int',
  'alter table later alter column c set default 5',
  'alter table nulls add column c int default 5, add column d int default 6',
  'alter table later add column d text generated always as (v || 1) stored',
  'alter table nulls alter column d drop default',
  'update nulls set c = null where id = 1',
  `alter table parted add column c int not null default 5, add column d text default 'x'`,
  `alter table parted alter column d set default 'y'`,
]

const NAMES = ['plain', 'vacuumed', 'retyped', 'moved', 'later', 'nulls', 'parted']
const ROWS = `select ${NAMES.map((name) => `(select json_agg(t order by id) from ${name} t) as ${name}`).join(', ')}`
const DEFAULTS = `select attrelid::regclass::text as "table", attname, pg_get_expr(adbin, adrelid) as value, attnotnull
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = any ($1::regclass[]) and attnum > 0 order by 1, 2`

test.each([
  [14, 17],
  [13, 18],
] as const)(
  'rows get in an added column what they have on the other side, from %i to %i',
  { timeout: 240_000 },
  async (from, to) => {
    await using old = await startServer({ major: from })
    await using young = await startServer({ major: to, settings: { wal_retrieve_retry_interval: '200ms' } })
    const source = await freshDatabase(old)
    const target = await freshDatabase(young)
    const ends = { source: source.url, target: target.url }
    await source.query(TABLES)
    await online.start(ends)

    // What was written before the column came is still on its way when the other side gets it.
    await using holder = await connectClient(target.url)
    await holder.query('begin read write; lock table held in exclusive mode')
    await source.query('insert into held values (1)')
    await source.query(
      `insert into plain values (4, 'v'); insert into moved values (4, 'v'); insert into later values (4, 'v')`,
    )
    for (const sql of DDL) await source.query(sql)
    const applied = syncSchema({ ...ends, mode: 'apply' })
    await until(async () => target.query('select c from later'))
    await holder.query('rollback')
    expect(await applied).toMatchObject({ outcome: 'in step', byHand: [] })
    expect(await target.query(ROWS)).toEqual(await source.query(ROWS))
    expect(await target.query(DEFAULTS, [NAMES])).toEqual(await source.query(DEFAULTS, [NAMES]))

    // Nothing says what the rows had got, once the table is rewritten and the default is another: the proof finds it.
    for (const sql of ['add column e int default 5', 'alter column e set default 7'])
      await source.query(`alter table moved ${sql}`)
    await source.query('vacuum full moved')
    expect(await syncSchema({ ...ends, mode: 'apply' })).toMatchObject({ outcome: 'in step' })
    await expect(switchTo('target', ends)).rejects.toMatchObject({
      code: 'online.different',
      message: expect.stringContaining('public.moved'),
    })
    await write(target, 'update moved set e = 5')

    // Values that only the other side can have computed.
    await source.query(`alter table plain add column at timestamptz default current_timestamp, add column r float default random(),
      add column i int generated always as identity, add column s serial`)
    await source.query('vacuum full plain')
    const asked = await syncSchema({ ...ends, mode: 'apply' })
    expect(asked.outcome).toBe('by hand')
    expect(asked.byHand.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['at', 'r', 'i', 's'].map((name) => `column public.plain.${name}`)),
    )
    await online.abort(ends)
  },
)
