import type { ConnectionInfo, Side } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'

/** Where a router finds one side's database. */
export interface Place {
  host: string
  port: number
  database: string
}

export type Places = Readonly<Record<Side, Place>>

/** The place that a connection string names; `address` (`HOST:PORT`) where a router has to take another way there. */
export function placeOf(info: ConnectionInfo, address: string | undefined): Place {
  const { database, hosts } = info
  if (address !== undefined) return { ...parseAddress(address), database }
  const [host] = hosts
  return { host: host?.hostaddr ?? host?.host ?? '', port: host?.port ?? 5432, database }
}

/** `HOST:PORT`, with brackets around an IPv6 address. */
export function parseAddress(address: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined) {
    throw new PgleapError({
      code: 'usage.address',
      message: `${JSON.stringify(address)} is not an address.`,
      hint: 'Write HOST:PORT, with brackets around an IPv6 address.',
      party: 'usage',
    })
  }
  return { host, port: Number(port) }
}
