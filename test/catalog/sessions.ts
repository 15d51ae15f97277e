import { type FreshDatabase, type Major, freshDatabase, server } from '../kit/index.ts'
import { type Session, type Side, connect, parseConnection } from '../../src/connection/index.ts'

/** A session of ours on a database of the test kit. */
export function open(url: string, side: Side = 'source'): Promise<Session> {
  return connect(parseConnection(url, { env: {} }), { side, purpose: 'test' })
}

export interface Pair {
  source: Session
  target: Session
  sourceDb: FreshDatabase
  targetDb: FreshDatabase
}

/** Two databases and a session on each, made at the first `open`; for files whose tests share them. */
export function pair(from: Major, to: Major): { open: () => Promise<Pair>; close: () => Promise<void> } {
  let made: Promise<Pair> | undefined
  const make = async (): Promise<Pair> => {
    const sourceDb = await freshDatabase(await server(from))
    const targetDb = await freshDatabase(await server(to))
    return { sourceDb, targetDb, source: await open(sourceDb.url), target: await open(targetDb.url, 'target') }
  }
  return {
    open: () => (made ??= make()),
    async close() {
      if (made === undefined) return
      const { source, target, sourceDb, targetDb } = await made
      for (const one of [source, target, sourceDb, targetDb]) await one[Symbol.asyncDispose]()
    },
  }
}

/** Runs a test on two databases of its own, a session on each; `options` are those of the two CREATE DATABASE. */
export async function withPair(
  from: Major,
  to: Major,
  run: (pair: Pair) => Promise<void>,
  [sourceOptions, targetOptions]: readonly string[] = [],
): Promise<void> {
  await using sourceDb = await freshDatabase(await server(from), { with: sourceOptions ?? '' })
  await using targetDb = await freshDatabase(await server(to), { with: targetOptions ?? '' })
  await using source = await open(sourceDb.url)
  await using target = await open(targetDb.url, 'target')
  await run({ source, target, sourceDb, targetDb })
}
