import { describe, expect, it } from 'vitest'
import { type Event } from '../../src/report/index.ts'
import { connectClient, freshDatabase, freshRole, server } from '../kit/index.ts'
import { compare, momentOf } from './moments.ts'
import { verify } from '../../src/verify/index.ts'

const TABLES = `
  create table open_one (id int primary key, t text);
  insert into open_one select i, 't' || i from generate_series(1, 100) i;
  create table closed_one as select * from open_one;
  create sequence closed_sequence;
`

describe('what cannot be looked at', () => {
  it('reads UNKNOWN, object by object, where the right to read is missing', async () => {
    await using role = await freshRole(await server(17))
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) await database.query(TABLES)
    await to.query(`grant select on open_one to "${role.name}"; select lo_from_bytea(4242, 'x')`)
    await from.query(`select lo_from_bytea(4242, 'x')`)
    const result = await compare(from.url, to.urlFor(role.name))
    expect(result.tables.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['closed_one', 'UNKNOWN'],
      ['open_one', 'SAME'],
    ])
    expect(result.tables[0]?.detail).toContain('permission denied')
    expect(result.sequences[0]?.verdict).toBe('UNKNOWN')
    expect(result.largeObjects[0]?.verdict).toBe('UNKNOWN')
    expect(result.verdict).toBe('UNKNOWN')
    await to.query(`drop owned by "${role.name}"`)
  })

  it('reads UNKNOWN where row security would hide rows', async () => {
    await using role = await freshRole(await server(17))
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to])
      await database.query('create table secret (id int); insert into secret values (1), (2)')
    await to.query(`grant select on secret to "${role.name}"; alter table secret enable row level security;
      create policy first on secret using (id = 1)`)
    const result = await compare(from.url, to.urlFor(role.name))
    expect(result.tables).toMatchObject([{ name: 'secret', verdict: 'UNKNOWN' }])
    await to.query(`drop owned by "${role.name}"`)
  })

  it('is DIFFERENT all the same where something else differs, and a missing table always is', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    await from.query(TABLES)
    const result = await compare(from.url, to.url)
    expect(result.tables).toMatchObject([
      { name: 'closed_one', verdict: 'DIFFERENT', detail: 'missing on the target' },
      { name: 'open_one', verdict: 'DIFFERENT', detail: 'missing on the target' },
    ])
    expect(result.sequences).toMatchObject([{ verdict: 'DIFFERENT', detail: 'missing on the target' }])
  })

  it('reads UNKNOWN for the table whose connection was lost, and goes on with the others', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) await database.query(TABLES)
    await using source = await momentOf(from.url, 'source')
    await using target = await momentOf(to.url, 'target')
    let cut = false
    const result = await verify({
      source,
      jobs: 1,
      target: {
        rejoin: (session, signal) => target.rejoin(session, signal),
        openReader: async (signal) => {
          const session = await target.openReader(signal)
          const query = session.query.bind(session)
          return Object.assign(session, {
            query: async (sql: string, params?: readonly unknown[]) => {
              if (!cut && sql.includes('"closed_one"')) {
                cut = true
                await to.query('select pg_terminate_backend($1)', [session.pid])
              }
              return query(sql, params)
            },
          })
        },
      },
    })
    expect(result.tables).toMatchObject([
      { name: 'closed_one', verdict: 'UNKNOWN' },
      { name: 'open_one', verdict: 'SAME' },
    ])
  })
})

describe('what is compared', () => {
  it('is the numbers of rows alone in counts mode', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) await database.query(TABLES)
    await to.query(`update open_one set t = ''; delete from closed_one where id = 1`)
    const result = await compare(from.url, to.url, { mode: 'counts' })
    expect(result.tables).toMatchObject([
      { name: 'closed_one', verdict: 'DIFFERENT', detail: '100 rows on the source, 99 on the target', rows: 100 },
      { name: 'open_one', verdict: 'SAME', rows: 100 },
    ])
  })

  it('is the chosen tables only, and each is reported as it is done', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) await database.query(TABLES)
    await to.query('truncate closed_one')
    const events: Event[] = []
    const result = await compare(from.url, to.url, {
      includeRows: ({ name }) => name !== 'closed_one',
      onEvent: (event) => events.push(event),
    })
    expect(result.verdict).toBe('SAME')
    expect(events).toMatchObject([
      { type: 'verified', object: 'public.open_one', kind: 'table', verdict: 'SAME', rows: 100 },
      { type: 'verified', object: 'public.closed_sequence', kind: 'sequence', verdict: 'SAME' },
    ])
  })

  it('is a large table in pieces, whatever its blocks on either side', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    await from.query('create table big (id int primary key, t text); alter table big alter t set storage external')
    await to.query('create table big (id int primary key, t text) with (fillfactor = 20)')
    for (const database of [from, to]) {
      await database.query(`insert into big select i, repeat(md5(i::text), 2000) from generate_series(1, 3000) i`)
    }
    await to.query('delete from big where id < 1000')
    await to.query(`insert into big select i, repeat(md5(i::text), 2000) from generate_series(1, 999) i`)
    expect((await compare(from.url, to.url)).verdict).toBe('SAME')
    await to.query(`update big set t = overlay(t placing 'x' from 63999) where id = 2999`)
    const [table] = (await compare(from.url, to.url)).tables
    expect(table?.differences).toEqual([{ kind: 'changed', key: { id: '2999' }, columns: ['t'] }])
  })

  it('is what a NaN means, not its bits: those of a computed one are others than those of one that was read', async () => {
    await using from = await freshDatabase(await server(13))
    await using to = await freshDatabase(await server(17))
    const table = `create table floats (d float8, f float4, a float8[], p point)`
    await from.query(`${table}; insert into floats select n, n::float4, array[n], point(n, n)
      from (select 'infinity'::float8 - 'infinity'::float8) x (n)`)
    await to.query(`${table}; insert into floats values ('NaN', 'NaN', '{NaN}', '(NaN,NaN)')`)
    expect((await compare(from.url, to.url)).verdict).toBe('SAME')
  })

  it('is the text, where the databases store it in different encodings', async () => {
    await using from = await freshDatabase(await server(14), {
      with: `encoding 'LATIN1' locale 'C' template template0`,
    })
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) {
      await database.query(`create table words (id int primary key, w text, c char(5), ws text[])`)
      await database.query(`insert into words values (1, 'größe', 'é', '{ü,NULL}'), (2, '', null, '{}')`)
    }
    expect((await compare(from.url, to.url)).verdict).toBe('SAME')
    await to.query(`update words set w = 'große' where id = 1`)
    const [table] = (await compare(from.url, to.url)).tables
    expect(table?.differences).toEqual([{ kind: 'changed', key: { id: '1' }, columns: ['w'] }])
  })

  it('ends at once when it is aborted, and leaves nothing running', async () => {
    await using from = await freshDatabase(await server(14))
    await using to = await freshDatabase(await server(17))
    for (const database of [from, to]) await database.query(TABLES)
    await using client = await connectClient(to.url)
    const abort = new AbortController()
    await client.query('begin; lock table open_one in access exclusive mode')
    const running = compare(from.url, to.url, { signal: abort.signal, mode: 'counts' })
    setTimeout(() => abort.abort(), 500)
    await expect(running).rejects.toBeInstanceOf(Error)
    await client.query('rollback')
  })
})
