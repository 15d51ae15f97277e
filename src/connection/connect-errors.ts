import { PgleapError } from '../errors.ts'
import { databaseError, nodeCode, serverFields } from './errors.ts'
import type { Host } from './host.ts'
import type { ConnectionInfo } from './info.ts'
import { describeHost } from './host.ts'
import { redact } from './redact.ts'
import type { Side } from './session.ts'
import { SQLSTATE } from './sqlstate.ts'

interface Sentence {
  code: string
  message: string
  hint: string
}

/** Why a login failed, in one sentence with a hint; the cause keeps what the server or the socket said. */
export function connectError(error: unknown, side: Side, info: ConnectionInfo, host: Host): PgleapError {
  if (error instanceof PgleapError) return error
  const cause = serverFields(error) === undefined ? error : databaseError(error, side)
  const where = describeHost(host)
  const sentence = bySqlstate(error, side, info, where) ?? byNodeCode(error, side, info, where)
  if (sentence !== undefined) return new PgleapError({ ...sentence, party: side, cause })
  const why = redact(error instanceof Error ? error.message : String(error), info)
  return new PgleapError({
    code: 'connect.failed',
    message: `The ${side} (${where}) cannot be connected to: ${why}`,
    hint: 'See whether the address is that of a PostgreSQL server.',
    party: side,
    cause,
  })
}

function bySqlstate(error: unknown, side: Side, info: ConnectionInfo, where: string): Sentence | undefined {
  const server = serverFields(error)
  if (server === undefined) return undefined
  const user = JSON.stringify(info.user)
  const says = redact(server.message, info)
  switch (server.sqlstate) {
    case SQLSTATE.invalidPassword:
      return {
        code: 'connect.password',
        message: `The ${side} (${where}) does not take the password of user ${user}.`,
        hint: 'Check the user and the password: in the connection string, PGPASSWORD, ~/.pgpass or the service.',
      }
    case SQLSTATE.invalidAuthorization:
      return {
        code: 'connect.not-allowed',
        message: `The ${side} (${where}) does not let user ${user} in: ${says}`,
        hint: `See pg_hba.conf there; it may ask for TLS (this connection had sslmode=${info.tls.mode}), or for another user.`,
      }
    case SQLSTATE.noSuchDatabase:
      return {
        code: 'connect.no-database',
        message: `The ${side} (${where}) has no database ${JSON.stringify(info.database)}.`,
        hint: side === 'target' ? 'Create it, or let pgleap do so with --create.' : 'Check the name of the database.',
      }
    case SQLSTATE.tooManyConnections:
      return {
        code: 'connect.too-many',
        message: `The ${side} (${where}) has no connection left: ${says}`,
        hint: 'Ask for fewer jobs, close other sessions, or raise max_connections (or the limit of the user or database).',
      }
    case SQLSTATE.cannotConnectNow:
    case SQLSTATE.adminShutdown:
    case SQLSTATE.crashShutdown:
      return {
        code: 'connect.not-up',
        message: `The ${side} (${where}) takes no connections now: ${says}`,
        hint: 'It is starting, stopping or recovering; try again when it is up.',
      }
    default:
      return {
        code: 'connect.refused-by-server',
        message: `The ${side} (${where}) refuses the connection: ${says}`,
        hint: server.hint ?? `SQLSTATE ${server.sqlstate}; the server's log tells more.`,
      }
  }
}

function byNodeCode(error: unknown, side: Side, info: ConnectionInfo, where: string): Sentence | undefined {
  const code = nodeCode(error)
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return {
        code: 'connect.unknown-host',
        message: `The host of the ${side} (${where}) is not known.`,
        hint: 'Check the spelling of the host name, and whether this machine can resolve it.',
      }
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        code: 'connect.refused',
        message: `Nothing listens at the address of the ${side} (${where}).`,
        hint: 'See whether the server is up, listens on that address (listen_addresses) and on that port.',
      }
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        code: 'connect.timeout',
        message: `The ${side} (${where}) does not answer (${code}).`,
        hint: 'A firewall, security group or wrong address is likely; try from a machine near the server.',
      }
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'connect.no-access',
        message: `This user may not connect to the ${side} (${where}).`,
        hint: 'See the permissions of the socket.',
      }
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        code: 'connect.closed',
        message: `The ${side} (${where}) closed the connection during the login.`,
        hint: 'A proxy, a TLS mismatch or a crash is likely; the server’s log tells more.',
      }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        code: 'connect.tls-hostname',
        message: `The certificate of the ${side} is not for the host ${where}.`,
        hint: 'Connect by a name that the certificate holds, or use sslmode=verify-ca with a root certificate of your own.',
      }
    default:
      if (UNTRUSTED.has(code)) {
        return {
          code: 'connect.tls-untrusted',
          message: `The certificate of the ${side} (${where}) is not trusted (${code}).`,
          hint: `Give the authority that signed it as sslrootcert (now ${info.tls.rootCert}).`,
        }
      }
      if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_OSSL_')) {
        return {
          code: 'connect.tls',
          message: `TLS with the ${side} (${where}) fails (${code}).`,
          hint: 'Check sslcert, sslkey and the protocol versions of both sides.',
        }
      }
      return undefined
  }
}

/** OpenSSL's names for what is wrong with a chain of certificates (Node docs, "X509 certificate error codes"). */
const UNTRUSTED = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
])
