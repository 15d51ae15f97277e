import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { Work, wrongs, type Logged, type Transaction } from './workload.ts'

/** Addresses that an application tries in turn: the pooler's alone, or those of both servers. */
export type Route = readonly string[]

export interface Writers extends AsyncDisposable {
  /** Transactions that the application has seen to fail, by SQLSTATE or the code of the lost connection. */
  readonly failures: readonly string[]
  /** How many have been acknowledged. */
  readonly acknowledged: number
  /** The longest time between two acknowledgements of anybody since this was last asked, in milliseconds. */
  longestGap(): number
  /** Waits until everybody has had so many more acknowledged. */
  until(more: number): Promise<void>
  /** Lets everybody end what he has begun; gives up those that hang. */
  stop(): Promise<void>
  /** What is wrong on a server, from what was acknowledged; after `stop`. */
  wrongs(url: string): Promise<string[]>
}

/** Lets so many applications write as fast as they can. */
export function writers(route: Route, count: number): Writers {
  const all = Array.from({ length: count }, (_, number) => new Writer(route, number))
  const running = all.map((one) => one.run())
  const sum = (of: (writer: Writer) => number) => all.reduce((total, one) => total + of(one), 0)
  const stop = async () => {
    for (const one of all) one.stopping = true
    await Promise.all(running)
  }
  return {
    get failures() {
      return all.flatMap(({ failures }) => failures)
    },
    get acknowledged() {
      return sum(({ acknowledged }) => acknowledged.length)
    },
    longestGap() {
      const times = all.flatMap(({ acknowledged, from }) => acknowledged.slice(from)).toSorted((a, b) => a - b)
      for (const one of all) one.from = one.acknowledged.length
      return Math.round(Math.max(0, ...times.slice(1).map((time, i) => time - (times[i] ?? time))))
    },
    async until(more) {
      const goals = all.map(({ acknowledged }) => acknowledged.length + more)
      const deadline = Date.now() + 60_000
      while (all.some(({ acknowledged }, i) => acknowledged.length < (goals[i] ?? 0))) {
        if (Date.now() > deadline)
          throw new Error(`the writers hang: ${all.flatMap(({ failures }) => failures.slice(-3)).join(', ')}`)
        await sleep(10)
      }
    },
    stop,
    wrongs: (url) => wrongs(new Map(all.map(({ number, log }) => [number, log])), url),
    [Symbol.asyncDispose]: stop,
  }
}

class Writer {
  readonly number: number
  readonly log: Logged[] = []
  readonly failures: string[] = []
  readonly acknowledged: number[] = []
  from = 0
  stopping = false
  readonly #route: Route
  readonly #work: Work
  #client: Client | undefined

  constructor(route: Route, number: number) {
    this.#route = route
    this.number = number
    this.#work = new Work(number)
  }

  async run(): Promise<void> {
    while (!this.stopping) {
      const client = (this.#client ??= await this.#connect())
      if (client === undefined) continue
      await this.#write(client, this.#work.next())
    }
    await this.#client?.end().catch(() => {})
  }

  async #write(client: Client, transaction: Transaction): Promise<void> {
    try {
      await client.query('begin')
      for (const { sql, values = [] } of transaction.statements) await client.query(sql, [...values])
    } catch (error) {
      this.#failed(error)
      return
    }
    try {
      await client.query('commit')
      this.log.push({ ...transaction, outcome: 'acknowledged' })
      this.acknowledged.push(performance.now())
    } catch (error) {
      // A server that answers with an error has not committed; a connection that ends says nothing.
      if (!(error instanceof DatabaseError) || isEnd(error)) this.log.push({ ...transaction, outcome: 'unknown' })
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.failures.push(codeOf(error))
    const client = this.#client
    this.#client = undefined
    // A server that is gone would keep us waiting for its goodbye.
    client?.end(() => {})
  }

  /** As target_session_attrs=read-write does: the first that takes writes. */
  async #connect(): Promise<Client | undefined> {
    for (const url of this.#route) {
      const client = new Client({ connectionString: url, application_name: 'app', connectionTimeoutMillis: 20_000 })
      client.on('error', () => {})
      try {
        await client.connect()
        if (this.#route.length === 1) return client
        const { rows } = await client.query<{ transaction_read_only: string }>('show transaction_read_only')
        if (rows[0]?.transaction_read_only === 'off') return client
      } catch (error) {
        if (this.#route.length === 1) this.failures.push(codeOf(error))
      }
      await client.end().catch(() => {})
    }
    await sleep(10)
    return undefined
  }
}

/** An administrator's or the server's end (class 57P0x) may come after the commit and before its answer. */
function isEnd(error: DatabaseError): boolean {
  return error.code?.startsWith('57P0') === true
}

function codeOf(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.code ?? ''} ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
