import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { connectClient } from './client.ts'
import { splitScript } from './psql-script.ts'

/**
 * Runs a plain SQL script as `psql -v ON_ERROR_STOP=1 -f` would: statement by statement, COPY data and `\connect`
 * included. Stops at the first error and shows the statement.
 */
export async function psqlLike(url: string, script: string): Promise<void> {
  let client = await connectClient(url)
  try {
    for (const piece of splitScript(script)) {
      if (piece.kind === 'connect') {
        await client.end()
        const next = new URL(url)
        next.pathname = `/${encodeURIComponent(piece.database)}`
        client = await connectClient(next.href)
        continue
      }
      try {
        if (piece.kind === 'sql') await client.query(piece.text)
        else await pipeline(Readable.from([Buffer.from(piece.data)]), client.query(copyFrom(piece.text)))
      } catch (cause) {
        throw new Error(`${String(cause)} in: ${piece.text.trim().slice(0, 400)}`, { cause })
      }
    }
  } finally {
    await client.end()
  }
}
