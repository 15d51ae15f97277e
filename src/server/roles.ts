import { roles } from '../globals/index.ts'
import type { Event, RolesReport } from '../report/index.ts'
import { chosenProviders } from './choices.ts'
import type { ServerRun } from './run-server.ts'

type RolesRun = Pick<ServerRun, 'urls' | 'choices' | 'rolePasswords' | 'onEvent' | 'log' | 'signal'>

/** How the roles of the two servers differ now, tablespaces included. Changes nothing. */
export function showRoles(run: RolesRun): Promise<RolesReport> {
  return callRoles(run, 'show')
}

/** Makes what the target lacks, and tells it together with what earlier processes of the run have made. */
export async function applyAllRoles(run: RolesRun, earlier: RolesReport | undefined): Promise<RolesReport> {
  const now = await callRoles(run, 'apply')
  if (earlier === undefined) return now
  return {
    ...now,
    changes: [...earlier.changes, ...now.changes],
    noLogin: [...earlier.noLogin, ...now.noLogin],
    ownMemberships: [...earlier.ownMemberships, ...now.ownMemberships],
  }
}

/** How the servers compare at the end, with what was made for it. */
export async function compareAllRoles(run: RolesRun, applied: RolesReport): Promise<RolesReport> {
  const now = await callRoles(run, 'show')
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

function callRoles(run: RolesRun, apply: 'apply' | 'show'): Promise<RolesReport> {
  const { urls, choices, rolePasswords, log, signal } = run
  const { ownMemberships, roleMap, tablespaceMap } = choices
  return roles({
    ...urls,
    apply,
    roleMap,
    tablespaceMap,
    ownMemberships,
    ...(rolePasswords === undefined ? {} : { rolePasswords }),
    ...chosenProviders(choices),
    ...(signal === undefined ? {} : { signal }),
    // Their phases are a part of ours.
    onEvent: (event: Event) => {
      if (event.type === 'notice') log.emit(event)
    },
  })
}
