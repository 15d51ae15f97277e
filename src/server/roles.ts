import type { RolesFromOptions } from '../globals/index.ts'
import type { Event, RolesReport } from '../report/index.ts'
import { chosenProviders } from './choices.ts'
import type { Origin } from './origin.ts'
import type { RunParts } from './run-server.ts'

/** Makes what the target lacks, and tells it together with what earlier processes of the run have made. */
export async function applyAllRoles(origin: Origin, earlier: RolesReport | undefined): Promise<RolesReport> {
  const now = await origin.roles('apply')
  if (earlier === undefined) return now
  return {
    ...now,
    changes: [...earlier.changes, ...now.changes],
    noLogin: [...earlier.noLogin, ...now.noLogin],
    ownMemberships: [...earlier.ownMemberships, ...now.ownMemberships],
  }
}

/** How the servers compare at the end, with what was made for it. */
export async function compareAllRoles(origin: Origin, applied: RolesReport): Promise<RolesReport> {
  const now = await origin.roles('show')
  const known = new Set(now.leftOut.map(({ object, reason }) => `${object}\0${reason}`))
  return {
    ...now,
    mode: 'apply',
    changes: applied.changes,
    refused: applied.refused,
    blocked: applied.blocked,
    noLogin: applied.noLogin,
    ownMemberships: applied.ownMemberships,
    // A setting in a database that was not there yet has come with the database.
    leftOut: [
      ...now.leftOut,
      ...applied.leftOut.filter(({ object, reason }) => {
        return reason !== 'database-missing' && !known.has(`${object}\0${reason}`)
      }),
    ],
  }
}

/** What a run's choices are to the calls about roles. */
export function rolesOptions(
  { choices, rolePasswords, log, signal }: RunParts & { rolePasswords: string | undefined },
  apply: 'apply' | 'show',
): Omit<RolesFromOptions, 'target'> {
  const { ownMemberships, roleMap, tablespaceMap } = choices
  const { targetProvider } = chosenProviders(choices)
  return {
    apply,
    roleMap,
    tablespaceMap,
    ownMemberships,
    ...(rolePasswords === undefined ? {} : { rolePasswords }),
    ...(targetProvider === undefined ? {} : { targetProvider }),
    ...(signal === undefined ? {} : { signal }),
    // Their phases are a part of ours.
    onEvent: (event: Event) => {
      if (event.type === 'notice') log.emit(event)
    },
  }
}
