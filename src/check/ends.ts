import { connect } from '../connection/index.ts'
import type { ConnectionInfo, Session, Side } from '../connection/index.ts'
import { recogniseProvider, selfManaged } from '../provider/index.ts'
import type { Provider } from '../provider/index.ts'
import type { MigrationPath } from '../report/index.ts'
import type { CheckedServer, ProbeEnds } from './check.ts'

export interface EndsOptions {
  source: ConnectionInfo
  /** Without one, `to` says what the target will be. */
  target: ConnectionInfo | undefined
  /** The target's major where there is no target. */
  to: number
  paths: readonly MigrationPath[]
  /** In place of what the server is recognised as. */
  sourceProvider?: Provider | undefined
  targetProvider?: Provider | undefined
  signal?: AbortSignal | undefined
}

/** The sessions that checks ask on; closing them closes whatever a probe has left open, too. */
export type Ends = ProbeEnds & AsyncDisposable

/**
 * On every session of a check: it only reads (a statement that writes fails), and neither a slow catalog nor somebody's
 * lock holds it up for long; what does becomes UNKNOWN.
 */
const SETTINGS = {
  default_transaction_read_only: 'on',
  statement_timeout: '20s',
  lock_timeout: '2s',
}

/** Logs in on both sides. @throws PgleapError of the side that does not let us in */
export async function openEnds(options: EndsOptions): Promise<Ends> {
  const info = { source: options.source, target: options.target }
  const sessions: Session[] = []
  const close = async () => {
    await Promise.all(sessions.map((session) => session.close()))
  }
  const open = async (side: Side, purpose: string) => {
    const where = info[side]
    if (where === undefined) throw new Error('A check asked for a target that there is not.')
    const session = await connect(where, { side, purpose, settings: SETTINGS, signal: options.signal })
    sessions.push(session)
    return session
  }
  try {
    const source = await open('source', 'check')
    const target = info.target === undefined ? undefined : await open('target', 'check')
    const pair = {
      source: await serverOf(source, info.source, options.sourceProvider),
      target:
        target === undefined || info.target === undefined
          ? unknownServer(options)
          : await serverOf(target, info.target, options.targetProvider),
      paths: new Set(options.paths),
    }
    return { source, target, info, open, pair, signal: options.signal, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function serverOf(session: Session, info: ConnectionInfo, provider?: Provider): Promise<CheckedServer> {
  const { major, version } = session
  return { major, version, provider: provider ?? (await recogniseProvider(session, info.hosts[0]?.host)) }
}

function unknownServer({ to, targetProvider = selfManaged }: EndsOptions): CheckedServer {
  return { major: to, version: undefined, provider: targetProvider }
}
