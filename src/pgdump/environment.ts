import type { ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/**
 * The environment in which a libpq program reaches the server that `info` names. What else of libpq's variables the
 * user has set (PGSERVICE, PGPASSFILE ...) is in `info` already and would only get in the way.
 */
export function libpqEnvironment(info: ConnectionInfo, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { tls, hosts } = info
  if (tls.keyPassword !== undefined) {
    throw new PgleapError({
      code: 'pgdump.key-password',
      message: 'A native pg_dump cannot be given the password of the TLS key (sslpassword).',
      hint: 'Use the bundled pg_dump, or a key without a password.',
      party: 'usage',
    })
  }
  const [first] = hosts
  const own = {
    PGHOST: hosts.map(({ host }) => host).join(','),
    PGHOSTADDR: hosts.some(({ hostaddr }) => hostaddr !== undefined)
      ? hosts.map(({ hostaddr }) => hostaddr ?? '').join(',')
      : undefined,
    PGPORT: hosts.map(({ port }) => String(port)).join(','),
    PGUSER: info.user,
    PGDATABASE: info.database,
    PGPASSWORD: first === undefined ? undefined : info.passwordFor(first)?.reveal(),
    PGSSLMODE: tls.mode,
    PGSSLNEGOTIATION: tls.negotiation,
    PGSSLROOTCERT: tls.rootCert,
    PGSSLCERT: tls.cert,
    PGSSLKEY: tls.key,
    PGSSLCERTMODE: tls.certMode,
    PGSSLCRL: tls.crl,
    PGSSLSNI: tls.sni === 'send' ? '1' : '0',
    PGSSLMINPROTOCOLVERSION: tls.minVersion,
    PGSSLMAXPROTOCOLVERSION: tls.maxVersion,
    PGCHANNELBINDING: info.channelBinding,
    PGTARGETSESSIONATTRS: info.sessionAttrs,
    PGLOADBALANCEHOSTS: info.loadBalance,
    PGCONNECT_TIMEOUT: String(Math.ceil(info.connectTimeoutMs / 1000)),
    PGOPTIONS: info.options,
    // As in our own sessions, so that both ways give the same text for a time in a default or a partition's bound.
    PGTZ: 'UTC',
  }
  return {
    ...Object.fromEntries(Object.entries(base).filter(([name]) => !name.startsWith('PG'))),
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== '')),
  }
}
