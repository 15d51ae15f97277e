import { readFileSync } from 'node:fs'

/** The user that the servers run as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root, so root drops to `postgres` or, where there is none, to `nobody`.
 * Undefined for an ordinary user, who runs servers as himself.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const found = users.find(([user]) => user === name)
    if (found !== undefined) return { uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new Error('The test kit runs as root and finds no user postgres or nobody to run servers as')
}
