export interface Host {
  /** A name or address; a socket's folder where it starts with `/`, an abstract socket's with `@`. */
  readonly host: string
  /** The address to connect to in place of resolving `host`, which then only serves TLS and the password file. */
  readonly hostaddr: string | undefined
  readonly port: number
}

/** `host:port`, with brackets around an IPv6 address. */
export function describeHost({ host, hostaddr, port }: Host): string {
  const name = host === '' ? (hostaddr ?? '') : host
  return `${name.includes(':') ? `[${name}]` : name}:${String(port)}`
}

/** True for the folder of a Unix socket; `@` is Linux's abstract kind. */
export function isSocketFolder(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}
