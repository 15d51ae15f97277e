import { assertUsablePair, connect, type ConnectionInfo, type Session, type Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { recogniseProvider, resolveProvider, type Provider } from '../provider/index.ts'

export type Infos = Record<Side, ConnectionInfo>

/** A session on any database of either server, to ask about the servers. */
export interface ServerPair extends AsyncDisposable {
  source: Session
  target: Session
}

/** Opens both, and refuses pairs that cannot work (`assertUsablePair`), and two databases of one and the same server. */
export async function openServers(infos: Infos, signal: AbortSignal | undefined): Promise<ServerPair> {
  const source = await openOn(infos.source, 'source', 'control', signal)
  let target: Session | undefined
  try {
    target = await openOn(infos.target, 'target', 'control', signal)
    const identities = await assertUsablePair(source, target)
    if (identities.source.startedAt === identities.target.startedAt) throw sameServer()
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

/** The source is only read, whatever this code does. */
export function openOn(
  info: ConnectionInfo,
  side: Side,
  purpose: string,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const settings = side === 'source' ? { default_transaction_read_only: 'on' } : {}
  return connect(info, { side, purpose, settings, signal })
}

/** What the user names, else what the target is recognised as. */
export async function targetProviderOf(
  target: Session,
  info: ConnectionInfo,
  choice: string | null,
): Promise<Provider> {
  return choice === null ? recogniseProvider(target, info.hosts[0]?.host) : resolveProvider(choice)
}

export interface ProviderChoices {
  sourceProvider: string | null
  targetProvider: string | null
}

export async function providersOf(
  pair: ServerPair,
  infos: Infos,
  { sourceProvider, targetProvider }: ProviderChoices,
): Promise<Record<Side, Provider>> {
  const of = (choice: string | null, side: Side) =>
    choice === null ? recogniseProvider(pair[side], infos[side].hosts[0]?.host) : resolveProvider(choice)
  return { source: await of(sourceProvider, 'source'), target: await of(targetProvider, 'target') }
}

function sameServer(): PgleapError {
  return new PgleapError({
    code: 'target.is-source',
    message: 'Source and target are the same server.',
    hint: 'Check the two connection strings; databases of one server are migrated one by one.',
    party: 'usage',
  })
}
