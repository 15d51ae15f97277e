import { createHash, randomBytes } from 'node:crypto'
import { unreachable } from '../../../src/errors.ts'
import { queryOnce } from '../../kit/index.ts'

/**
 * The tables of the tests under load: with key and without, streamed and copied in the pause, partitioned, TOASTed.
 * Every row belongs to one writer, so that each writer alone knows what has to be there.
 */
export const SCHEMA = `
  create table journal (writer int, id int, primary key (writer, id));
  create table serials (serial bigserial primary key, writer int, id int);
  create table accounts (writer int, id int, balance int, note text, primary key (writer, id));
  create table oddities (
    writer int, id int, f4 float4, f8 float8, n numeric, j json, jb jsonb, b bytea, a int[], t text[], at timestamptz,
    primary key (writer, id)
  );
  create table docs (writer int, id int, k int, body text, primary key (writer, id));
  alter table docs alter column body set storage external;
  create table bulk (writer int, id int, batch int, primary key (writer, id));
  create table parts (writer int, id int, k int, primary key (writer, id, k)) partition by list (k);
  create table parts_0 partition of parts for values in (0);
  create table parts_1 partition of parts for values in (1);
  create table parts_2 partition of parts for values in (2);
  create table indexed (writer int not null, id int not null, v text);
  create unique index indexed_key on indexed (writer, id);
  create table full_log (writer int, id int, v text, f float8);
  alter table full_log replica identity full;
  create table pause_log (writer int, id int, v text, j json);
  create table queue (writer int, id int, v text, primary key (writer, id));`

/** What a row says beside its writer and id, as text that PostgreSQL and the model write alike. */
const CONTENT = {
  journal: `''`,
  serials: `''`,
  accounts: `concat_ws('|', balance, note)`,
  oddities: `concat_ws('|', f4, f8, n, j, jb, b, a, t, at)`,
  docs: `concat_ws('|', k, md5(body))`,
  bulk: 'batch::text',
  parts: 'k::text',
  indexed: 'v',
  full_log: `concat_ws('|', v, f)`,
  pause_log: `concat_ws('|', v, j)`,
  queue: 'v',
} as const

type Table = keyof typeof CONTENT
const TABLES = [
  'journal',
  'serials',
  'accounts',
  'oddities',
  'docs',
  'bulk',
  'parts',
  'indexed',
  'full_log',
  'pause_log',
  'queue',
] as const satisfies Table[]

interface Statement {
  sql: string
  values?: readonly unknown[]
  /** What it does to the rows, which follows from them alone; absent where it is rolled back to a savepoint. */
  apply?: (rows: Rows) => void
}

/** A transaction without its BEGIN and COMMIT. */
export interface Transaction {
  id: number
  statements: readonly Statement[]
}

/** `unknown`: the connection was lost before the answer to COMMIT came. */
export interface Logged extends Transaction {
  outcome: 'acknowledged' | 'unknown'
}

/** One writer's rows, as they have to be. */
class Rows {
  readonly of: Record<Table, Map<number, string>> = {
    journal: new Map(),
    serials: new Map(),
    accounts: new Map(),
    oddities: new Map(),
    docs: new Map(),
    bulk: new Map(),
    parts: new Map(),
    indexed: new Map(),
    full_log: new Map(),
    pause_log: new Map(),
    queue: new Map(),
  }

  change(table: Table, id: number, to: (content: string) => string): void {
    const content = this.of[table].get(id)
    if (content !== undefined) this.of[table].set(id, to(content))
  }
}

const FLOATS4 = ['NaN', 'Infinity', '-Infinity', '0', '-0', '1e+30', '1e-45', '0.1']
const FLOATS8 = ['NaN', 'Infinity', '-Infinity', '0', '-0', '1e+300', '5e-324', '0.1', '-2.2250738585072014e-308']
const NUMERICS = ['NaN', '0', '-1.50', '12345678901234567890.123456789', '0.00000000000000000001']
const JSONS = ['{"a" :  1, "a": 2}', 'null', '"\\u00e4 \\ud83d\\ude00"', '[1e5, 1E+5, 0.10]', '{}']
const JSONBS = ['{"a": 2}', 'null', '"ä 😀"', '[100000, 0.10]', '{}']
const BYTES = ['\\x', '\\x00', '\\xdeadbeef', '\\x5c78', `\\x${'00ff'.repeat(700)}`]
const ARRAYS = ['{}', '{NULL}', '{{1,2},{3,4}}', '[0:1]={7,8}', '{-2147483648,2147483647}']
const TEXTS = ['{}', '{"",NULL,"NULL"}', '{"a b","\\"\\\\"}', `{${'ä'.repeat(50)}}`, '{"{}",","}']
const TIMES = [
  'infinity',
  '-infinity',
  '2000-01-01 00:00:00+00',
  '0044-03-15 12:00:00+00 BC',
  '2026-02-28 23:59:59.9+00',
]

function oneOf<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new Error('nothing to choose from')
  return value
}

const odd = (): string[] => [FLOATS4, FLOATS8, NUMERICS, JSONS, JSONBS, BYTES, ARRAYS, TEXTS, TIMES].map(oneOf)
const body = (): string => randomBytes(6_000).toString('hex')
const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

const BATCH = 1_500

/** Makes the transactions of one writer; number 0 alone fills the queue and truncates it. */
export class Work {
  readonly writer: number
  #id = 0
  #row = 0

  constructor(writer: number) {
    this.writer = writer
  }

  next(): Transaction {
    this.#id += 1
    const id = this.#id
    const always: Statement[] = [
      this.#insert('journal', id, [], ''),
      {
        sql: 'insert into serials (writer, id) values ($1, $2)',
        values: [this.writer, id],
        apply: ({ of }) => of.serials.set(id, ''),
      },
    ]
    return { id, statements: [...this.#some(), ...always] }
  }

  #some(): Statement[] {
    const dice = Math.random()
    if (dice < 0.02) return this.#batch()
    if (dice < 0.2) return this.#savepoints()
    if (dice < 0.35) return [...this.#change(), ...this.#change(), ...this.#change()]
    return this.#change()
  }

  /** A transaction that is larger than the walsender keeps in memory, or the end of what an earlier one wrote. */
  #batch(): Statement[] {
    const first = this.#row + 1
    this.#row += BATCH
    const gone = first - 2 * BATCH
    return [
      {
        sql: 'insert into bulk select $1, i, $2 from generate_series($2::int, $3::int) i',
        values: [this.writer, first, first + BATCH - 1],
        apply: ({ of }) => {
          for (let id = first; id < first + BATCH; id += 1) of.bulk.set(id, String(first))
        },
      },
      {
        sql: 'delete from bulk where writer = $1 and id < $2',
        values: [this.writer, gone],
        apply: ({ of }) => {
          for (const id of of.bulk.keys()) if (id < gone) of.bulk.delete(id)
        },
      },
    ]
  }

  #savepoints(): Statement[] {
    return [
      ...this.#change(),
      { sql: 'savepoint a' },
      ...this.#change().map(({ sql, values = [] }) => ({ sql, values })),
      { sql: 'savepoint b' },
      ...this.#change().map(({ sql, values = [] }) => ({ sql, values })),
      { sql: 'rollback to a' },
      ...this.#change(),
      { sql: 'release a' },
    ]
  }

  #change(): Statement[] {
    const id = oneOf(['new', 'old']) === 'new' ? undefined : Math.max(1, this.#row - Math.floor(Math.random() * 80))
    const text = `${oneOf(['', 'ä', "it's", '\\', '\t'])}${String(Math.random())}`
    const number = Math.floor(Math.random() * 1e6)
    const table = oneOf(['accounts', 'oddities', 'docs', 'parts', 'indexed', 'full_log', 'pause_log', 'queue'] as const)
    if (table === 'queue') return this.#queue(text)
    const row = id ?? (this.#row += 1)
    if (id !== undefined && Math.random() < 0.25) return [this.#delete(table, row)]
    switch (table) {
      case 'accounts':
        return [this.#write(table, id, row, { balance: number, note: text }, `${String(number)}|${text}`)]
      case 'oddities': {
        const [f4, f8, n, j, jb, b, a, t, at] = odd()
        const values = { f4, f8, n, j, jb, b, a, t, at }
        return [this.#write(table, id, row, values, Object.values(values).join('|'))]
      }
      case 'docs': {
        if (id !== undefined) {
          // The body is not touched: an update carries nothing of it.
          const update = this.#update(table, row, { k: number })
          return [
            {
              ...update,
              apply: (rows) => {
                rows.change(table, row, (content) => `${String(number)}|${content.split('|')[1] ?? ''}`)
              },
            },
          ]
        }
        const long = body()
        return [this.#insert(table, row, { k: number, body: long }, `${String(number)}|${md5(long)}`)]
      }
      case 'parts':
        return [this.#write(table, id, row, { k: number % 3 }, String(number % 3))]
      case 'indexed':
        return [this.#write(table, id, row, { v: text }, text)]
      case 'full_log': {
        const f = oneOf(FLOATS8)
        return [this.#write(table, id, row, { v: text, f }, `${text}|${f}`)]
      }
      case 'pause_log': {
        const j = oneOf(JSONS)
        return [this.#write(table, id, row, { v: text, j }, `${text}|${j}`)]
      }
      default:
        return unreachable(table)
    }
  }

  #queue(text: string): Statement[] {
    if (this.writer !== 0) return [this.#insert('indexed', (this.#row += 1), { v: text }, text)]
    if (Math.random() < 0.1) return [{ sql: 'truncate queue', apply: ({ of }) => of.queue.clear() }]
    return [this.#insert('queue', (this.#row += 1), { v: text }, text)]
  }

  #write(table: Table, id: number | undefined, row: number, values: object, content: string): Statement {
    if (id === undefined) return this.#insert(table, row, values, content)
    return { ...this.#update(table, row, values), apply: (rows) => rows.change(table, row, () => content) }
  }

  #insert(table: Table, id: number, values: object, content: string): Statement {
    const columns = ['writer', 'id', ...Object.keys(values)]
    return {
      sql: `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
      values: [this.writer, id, ...Object.values(values)],
      apply: ({ of }) => of[table].set(id, content),
    }
  }

  #update(table: Table, id: number, values: object): Statement {
    const set = Object.keys(values).map((column, i) => `${column} = $${String(i + 3)}`)
    return {
      sql: `update ${table} set ${set.join(', ')} where writer = $1 and id = $2`,
      values: [this.writer, id, ...Object.values(values)],
    }
  }

  #delete(table: Table, id: number): Statement {
    return {
      sql: `delete from ${table} where writer = $1 and id = $2`,
      values: [this.writer, id],
      apply: ({ of }) => of[table].delete(id),
    }
  }
}

/**
 * Compares what a database holds with what the writers were told: every acknowledged transaction is there and whole, one
 * whose answer was lost is there whole or not at all, and nothing else is. Returns what is wrong, a sentence each.
 */
export async function wrongs(logs: ReadonlyMap<number, readonly Logged[]>, url: string): Promise<string[]> {
  const found = await read(url)
  const wrong: string[] = []
  for (const [writer, log] of logs) {
    const there = found.get(`journal ${String(writer)}`) ?? new Map<number, string>()
    const rows = new Rows()
    for (const { id, outcome, statements } of log) {
      if (outcome === 'acknowledged' && !there.has(id))
        wrong.push(`writer ${String(writer)}: ${String(id)} was acknowledged and is lost`)
      if (there.has(id)) for (const { apply } of statements) apply?.(rows)
    }
    for (const table of TABLES) {
      const has = found.get(`${table} ${String(writer)}`) ?? new Map<number, string>()
      for (const id of new Set([...has.keys(), ...rows.of[table].keys()])) {
        const [is, shall] = [has.get(id), rows.of[table].get(id)]
        if (is !== shall)
          wrong.push(`${table} (${String(writer)}, ${String(id)}) is ${String(is)} and not ${String(shall)}`)
      }
    }
  }
  return wrong
}

async function read(url: string): Promise<Map<string, Map<number, string>>> {
  const found = new Map<string, Map<number, string>>()
  for (const table of TABLES) {
    const rows = await queryOnce<{ writer: number; id: number; content: string }>(
      url,
      `select writer, id, ${CONTENT[table]} as content from ${table}`,
    )
    for (const { writer, id, content } of rows) {
      const key = `${table} ${String(writer)}`
      const of = found.get(key) ?? new Map<number, string>()
      if (of.has(id)) throw new Error(`${key} has two rows ${String(id)}`)
      found.set(key, of.set(id, content))
    }
  }
  return found
}
