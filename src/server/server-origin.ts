import { readDatabase } from '../catalog/index.ts'
import { roles } from '../globals/index.ts'
import { endpoint, migrateBetween, serversAt } from '../migrate/index.ts'
import { chosenProviders } from './choices.ts'
import { openOn, openServers, providersOf, type Infos } from './ends.ts'
import type { Origin } from './origin.ts'
import { rolesOptions } from './roles.ts'
import type { RunParts } from './run-server.ts'

export interface ServerOriginOptions extends RunParts {
  infos: Infos
  /** The same as text, for calls that take nothing else. */
  urls: { source: string; target: string }
  newSnapshot: 'allow' | 'refuse'
  pgDump: string | undefined
  rolePasswords: string | undefined
}

/** A server that is migrated. */
export function serverOrigin(options: ServerOriginOptions): Origin {
  const { infos, urls, choices, newSnapshot, pgDump, signal } = options
  const { sourceProvider } = chosenProviders(choices)
  const from = sourceProvider === undefined ? {} : { sourceProvider }
  return {
    words: { bring: 'migrate', brought: 'migrated', again: 'pgleap resume --all-databases' },
    roles: (apply) => roles({ ...urls, ...from, ...rolesOptions(options, apply) }),
    bring(database, { jobs, there, emit, onReport }) {
      const { name } = database
      const { owners, privileges, tablespaces, roleMap, partSize, verify, skipChecks } = choices
      return migrateBetween(
        serversAt({ source: infos.source.withDatabase(name), target: infos.target.withDatabase(name) }),
        {
          owners,
          privileges,
          tablespaces,
          roleMap,
          verify,
          skipChecks,
          ...chosenProviders(choices),
          tablespaceMap: database.tablespaceMap,
          ...(partSize === null ? {} : { partSize }),
          ...(pgDump === undefined ? {} : { pgDump }),
          ...(signal === undefined ? {} : { signal }),
          create: there === 'there' ? 'existing' : 'create',
          newSnapshot,
          jobs,
          onEvent: emit,
        },
        {
          created: database.created ? 'created' : 'found',
          serverChecks: 'done',
          tablespace: database.tablespace ?? undefined,
          onReport,
        },
      )
    },
    async open() {
      const pair = await openServers(infos, signal)
      return {
        ...pair,
        providers: () => providersOf(pair, infos, choices),
        from: endpoint(infos.source, pair.source),
        major: pair.source.major,
        async properties(name) {
          await using session = await openOn(infos.source.withDatabase(name), 'source', 'verify', signal)
          return await readDatabase(session)
        },
      }
    },
  }
}
