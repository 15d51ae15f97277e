import { EXIT_CODES, PgleapError, type Party } from '../errors.ts'
import type { ServerReport } from '../index.ts'
import { serverText } from '../report/index.ts'
import { invoke } from './invocation.ts'
import type { Invocation } from './invocation.ts'
import { prepareReport } from './report-file.ts'
import type { RunFlags } from './run.ts'

export interface ServerFlags extends RunFlags {
  allDatabases?: true
}

/** Runs the migration of a whole server, first or again, and shows its report. */
export async function showServerRun(
  flags: RunFlags,
  run: (invocation: Invocation) => Promise<ServerReport>,
): Promise<number> {
  return invoke(flags.json, async (invocation) => {
    const write = await prepareReport(flags.report, invocation.redact)
    const report = await run(invocation)
    invocation.output.result('migrate', report, (style) => serverText(report, style))
    await write(report)
    return exitCodeOfServer(report)
  })
}

/** Who is to act first, of all whom some database or role asks for. */
const FROM_WORST: readonly Party[] = ['internal', 'target', 'source', 'usage', 'findings', 'partial', 'difference']

export function exitCodeOfServer({ databases, roles, verdict }: ServerReport): number {
  const parties = new Set<Party>(databases.flatMap(({ error }) => error?.party ?? []))
  if (databases.some(({ state }) => state === 'partial')) parties.add('partial')
  if (roles.refused.length > 0 || roles.blocked.length > 0) parties.add('partial')
  if (verdict !== 'SAME' && verdict !== 'SKIPPED') parties.add('difference')
  const worst = FROM_WORST.find((party) => parties.has(party))
  return worst === undefined ? 0 : EXIT_CODES[worst]
}

/**
 * Refuses options that do not go with what is migrated, in both directions: one that is taken without a word and has no
 * effect is worse than none.
 */
export function refuseForeign(
  flags: ServerFlags,
  given: { ofServer: object; ofDatabase: readonly [value: unknown, option: string][] },
): void {
  if (flags.allDatabases === undefined) {
    if (Object.keys(given.ofServer).length === 0) return
    throw new PgleapError({
      code: 'usage.option',
      message: 'An option was given that is about a whole server, and one database is to be migrated.',
      hint: '--databases-at-once, --include-database, --exclude-database, --role-passwords and --no-own-memberships stand beside --all-databases.',
      party: 'usage',
    })
  }
  const foreign = given.ofDatabase.filter(([value]) => value !== undefined).map(([, option]) => option)
  if (foreign.length === 0) return
  throw new PgleapError({
    code: 'usage.option',
    message: `${foreign.join(', ')} and --all-databases do not go together.`,
    hint: 'Databases of a whole server are made as they are, and are empty before; which ones is said with --include-database and --exclude-database.',
    party: 'usage',
  })
}
