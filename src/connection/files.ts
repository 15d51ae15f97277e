import { readFileSync, statSync } from 'node:fs'

/** How `parseConnection` reads service and password files; tests give their own. */
export interface ConnectionFiles {
  /** The text and permission bits of a plain file; undefined where there is none, or none that may be read. */
  read(path: string): { text: string; mode: number } | undefined
  /** True where something of that name is, for example a server's socket. */
  exists(path: string): boolean
}

export const realFiles: ConnectionFiles = {
  read(path) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || !stat.isFile()) return undefined
    try {
      return { text: readFileSync(path, 'utf8'), mode: stat.mode & 0o777 }
    } catch {
      return undefined // no permission: as good as absent, which is how libpq sees it
    }
  },
  exists(path) {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  },
}
