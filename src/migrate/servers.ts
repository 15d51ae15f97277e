import {
  addressOf,
  assertUsablePair,
  connect,
  parseConnection,
  type ConnectionInfo,
  type Session,
  type Side,
} from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { Endpoint } from '../report/index.ts'

/** Both ends of a run: where they are, and how to open sessions on them with the settings that our work needs. */
export interface Servers {
  source: ConnectionInfo
  target: ConnectionInfo
  openSource(purpose: string, signal?: AbortSignal): Promise<Session>
  openTarget(purpose: string, signal?: AbortSignal): Promise<Session>
}

export function servers(source: string, target: string): Servers {
  return serversAt({ source: parseConnection(source), target: parseConnection(target) })
}

export function serversAt(infos: Record<Side, ConnectionInfo>): Servers {
  return {
    ...infos,
    openSource: (purpose, signal) => openSession(infos.source, 'source', purpose, signal),
    openTarget: (purpose, signal) => openSession(infos.target, 'target', purpose, signal),
  }
}

/** Opens a session on one end of a run. */
export function openSession(info: ConnectionInfo, side: Side, purpose: string, signal?: AbortSignal): Promise<Session> {
  return connect(info, { side, purpose, settings: SETTINGS[side], signal })
}

/** These live in our sessions alone and leave no trace on a server. */
const SETTINGS: Record<Side, Record<string, string>> = {
  source: {},
  target: {
    // A step and its record commit together, so a crash loses both or neither (invariant 1); one synchronous commit
    // at the end makes all of it durable before the verdict.
    synchronous_commit: 'off',
    // As pg_dump's scripts: bodies may name what is not there yet.
    check_function_bodies: 'off',
    xmloption: 'content',
    default_tablespace: '',
  },
}

/** A session on either side, for the questions that a run asks before and after its work. */
export interface Pair extends AsyncDisposable {
  source: Session
  target: Session
}

/** Opens both and refuses pairs that cannot work (see `assertUsablePair`). */
export async function openPair(ends: Servers, signal?: AbortSignal): Promise<Pair> {
  const source = await ends.openSource('control', signal)
  let target: Session | undefined
  try {
    target = await ends.openTarget('control', signal)
    await assertUsablePair(source, target)
  } catch (error) {
    await target?.close()
    await source.close()
    throw error
  }
  const pair = { source, target }
  return {
    ...pair,
    async [Symbol.asyncDispose]() {
      await Promise.all([pair.source.close(), pair.target.close()])
    },
  }
}

/** A server and database for reports; the address is the first that the connection string names. */
export function endpoint(info: ConnectionInfo, session: Session): Endpoint {
  return addressOf(info, session)
}

/** Throws where the caller has asked to stop; between two awaits that do not know of the signal. */
export function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked.',
    hint: 'What is done is done: pgleap resume goes on from here.',
    party: 'interrupted',
    cause: signal.reason,
  })
}
