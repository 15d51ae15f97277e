import { afterAll, beforeAll, expect, test } from 'vitest'
import { end, start } from '../../src/online/index.ts'
import type { Event } from '../../src/report/index.ts'
import { connectClient, freshDatabase, startServer, type FreshDatabase, type OwnServer } from '../kit/index.ts'
import { startAndKill } from './start-process.ts'
import { until } from './until.ts'

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 13 })
  // Table sync workers start as seldom as this.
  young = await startServer({ major: 18, settings: { wal_retrieve_retry_interval: '200ms' } })
})
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

/** Each of the three is larger than what is copied together with others. */
const SCHEMA = `
create table one (id int primary key, v text);
create table two (id int primary key, one int references one, v text);
create table three (code text not null, n int, v text);
create unique index three_code on three (code);
create index three_n on three (n);
create table heap (one int references one, v text);
create table empty (id int primary key);
create table parts (id int primary key, v text) partition by range (id);
create table parts_1 partition of parts for values from (0) to (1000);
insert into one select i, repeat(md5(i::text), 6) from generate_series(1, 8000) i;
insert into two select i, i, repeat(md5(i::text), 8) from generate_series(1, 8000) i;
insert into three select 'c' || i, i, repeat(md5(i::text), 10) from generate_series(1, 8000) i;
insert into heap select i, 'x' from generate_series(1, 10) i;
insert into parts select i, 'p' from generate_series(1, 100) i;
analyze`

/** Every kind of change, again and again, for as long as the block lasts. */
async function writing(database: FreshDatabase): Promise<AsyncDisposable> {
  const client = await connectClient(database.url)
  const stop = new AbortController()
  const work = (async () => {
    for (let i = 1; !stop.signal.aborted; i += 1) {
      await client.query(`insert into one values (${String(100_000 + i)}, 'new'); insert into two values (${String(100_000 + i)}, ${String(100_000 + i)}, 'new');
        update one set v = v || 'u' where id = ${String(i)}; delete from two where id = ${String(i)};
        update three set v = 'u' where code = 'c${String(i)}'; insert into three values ('n${String(i)}', ${String(i)}, 'new');
        insert into empty values (${String(i)}); update parts set v = v || 'u' where id = ${String(i % 100)};
        insert into heap values (${String(100_000 + i)}, 'h')`)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await work
      await client[Symbol.asyncDispose]()
    },
  }
}

const CONTENT = `select ${['one', 'two', 'three', 'empty', 'parts']
  .map((table) => `(select count(*) || ' ' || coalesce(sum(hashtext(t::text)), 0) from ${table} t) as ${table}`)
  .join(', ')}`

const isCopied = (wanted: string) => (event: Event) =>
  event.type === 'step-done' && event.step.kind === 'copy' && event.step.table === wanted

const KILLS: { what: string; when: (event: Event) => boolean }[] = [
  { what: 'before the slot', when: (event) => event.type === 'checked' && event.id === 'T05' },
  { what: 'before the first step', when: (event) => event.type === 'plan' },
  { what: 'when one table is copied', when: isCopied('public.one') },
  {
    what: 'when the stream copies the others',
    when: (event) => event.type === 'notice' && event.code === 'online.table-sync',
  },
  {
    what: 'when foreign keys are made',
    when: (event) => event.type === 'step-done' && event.step.kind === 'foreign-key',
  },
]

test(
  'a start that is killed again and again goes on, keeps the tables that are complete, and ends with the same rows',
  { timeout: 180_000 },
  async () => {
    const source = await freshDatabase(old)
    const target = await freshDatabase(young)
    await source.query(SCHEMA)
    const options = { source: source.url, target: target.url, jobs: 1 }
    const copies: string[][] = []
    {
      await using _writing = await writing(source)
      for (const { what, when } of KILLS) {
        const { killed, events, stderr } = await startAndKill(options, when)
        expect(killed, `${what}: ${stderr}`).toBe(true)
        copies.push(
          events.flatMap((event) =>
            event.type === 'step-done' && event.step.kind === 'copy' ? [event.step.table ?? ''] : [],
          ),
        )
      }
    }
    // Complete tables went by once; the others were brought by the stream.
    expect(copies.flat()).toContain('public.one')
    expect(new Set(copies.flat()).size).toBe(copies.flat().length)
    const record = await start(options)
    const handedOver = record.handedOver.map(({ name }) => name)
    expect(handedOver).toContain('parts_1')
    expect(handedOver).not.toContain('one')
    const expected = (await source.query(CONTENT))[0]
    await until(async () => expect((await target.query(CONTENT))[0]).toEqual(expected))
    const shape = `select conname, convalidated from pg_constraint where contype in ('f', 'p') and connamespace = 'public'::regnamespace order by 1`
    expect(await target.query(shape)).toEqual(await source.query(shape))
    await end('source', { source: source.url, target: target.url })
    expect(
      await source.query(`select pubname from pg_publication union all select slot_name from pg_replication_slots`),
    ).toEqual([])
  },
)
