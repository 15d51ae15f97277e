import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * A program of somebody else: where a variable of its name in capitals says (`PGBOUNCER`), in the folders of PGLEAP_PEERS, or
 * of the PATH. Undefined where this machine has none; tests that need it are then skipped.
 */
export function programNamed(name: string): string | undefined {
  const { PGLEAP_PEERS = '', PATH = '' } = process.env
  const folders = [...PGLEAP_PEERS.split(delimiter), ...PATH.split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const paths = folders.filter((folder) => folder !== '').map((folder) => join(folder, name))
  return [process.env[name.toUpperCase()] ?? '', ...paths].find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return path !== ''
  } catch {
    return false
  }
}
