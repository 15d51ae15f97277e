import { connectWithoutSettings } from './connect.ts'
import type { ConnectOptions } from './connect.ts'
import { serverFields } from './errors.ts'
import type { ConnectionInfo } from './info.ts'

/** A session with something that speaks PostgreSQL's protocol and is no database: the admin console of PgBouncer. */
export interface Console extends AsyncDisposable {
  /** Runs one command by the simple protocol; every value of the rows is text. Rejects with what the console said. */
  ask(command: string): Promise<Record<string, string | null>[]>
}

/** Logs in as `connect` does, TLS and passwords alike, but makes no settings and asks for nothing. */
export async function connectConsole(info: ConnectionInfo, options: ConnectOptions): Promise<Console> {
  const client = await connectWithoutSettings(info, options)
  return {
    async ask(command) {
      try {
        const { rows } = await client.query<Record<string, unknown>>(command)
        return rows.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              typeof value === 'string' || value === null ? value : JSON.stringify(value),
            ]),
          ),
        )
      } catch (error) {
        throw new Error(serverFields(error)?.message ?? (error instanceof Error ? error.message : String(error)), {
          cause: error,
        })
      }
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}
