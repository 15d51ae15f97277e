import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { checkServerIdentity, connect } from 'node:tls'
import { usageError } from './conninfo.ts'
import type { Host } from './host.ts'
import type { TlsInfo } from './info.ts'

/**
 * libpq's rules (fe-secure-openssl.c, initialize_SSL) in Node's options. A root certificate that is there is always
 * used, whatever the sslmode; without one, only verify-ca and verify-full mind. Only verify-full checks the host name.
 */
export function tlsOptions(tls: TlsInfo, host: Host): ConnectionOptions {
  const ca = readRoots(tls)
  const name = host.host === '' ? (host.hostaddr ?? '') : host.host
  return {
    ...(ca === undefined ? {} : { ca }),
    ...readClientCertificate(tls),
    ...(exists(tls.crl) && ca !== undefined ? { crl: readFileSync(tls.crl) } : {}),
    rejectUnauthorized: ca !== undefined,
    checkServerIdentity: (_host, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(name, certificate) : undefined,
    // An address is no server name (RFC 6066, section 3).
    ...(isIP(name) === 0 && tls.sni === 'send' ? { servername: name } : {}),
    ...(tls.negotiation === 'direct' ? { ALPNProtocols: ['postgresql'] } : {}),
    minVersion: tls.minVersion,
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  }
}

/** Resolves once the handshake is through, or rejects with Node's error, which says what was wrong. */
export function startTls(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connect({ ...options, socket })
    const closed = () => reject(Object.assign(new Error('closed in the TLS handshake'), { code: 'ECONNRESET' }))
    secure.once('error', reject)
    secure.once('close', closed)
    secure.once('secureConnect', () => {
      secure.removeListener('error', reject)
      secure.removeListener('close', closed)
      secure.on('error', () => {}) // whoever takes over listens, too; until then an error must not end the process
      resolve(secure)
    })
  })
}

const SYSTEM_ROOTS = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']

/** The roots to verify against; undefined where nothing is to be verified; an empty list means Node's own roots. */
function readRoots(tls: TlsInfo): Buffer[] | undefined {
  if (tls.rootCert === 'system') {
    const bundle = [process.env['SSL_CERT_FILE'] ?? '', ...SYSTEM_ROOTS].find(exists)
    return bundle === undefined ? [] : [readFileSync(bundle)]
  }
  if (exists(tls.rootCert)) return [readFileSync(tls.rootCert)]
  if (tls.mode !== 'verify-ca' && tls.mode !== 'verify-full') return undefined
  throw usageError(
    'connect.tls-no-root',
    `sslmode=${tls.mode} needs a root certificate, and there is no file ${tls.rootCert}.`,
    'Give the file as sslrootcert, or sslrootcert=system for the public authorities.',
  )
}

function readClientCertificate(tls: TlsInfo): Pick<ConnectionOptions, 'cert' | 'key' | 'passphrase'> {
  if (tls.certMode === 'disable') return {}
  if (!exists(tls.cert)) {
    if (!tls.certAsked && tls.certMode !== 'require') return {}
    throw usageError('connect.tls-client', `There is no client certificate ${tls.cert}.`, 'Check sslcert.')
  }
  const stat = statSync(tls.key, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw usageError('connect.tls-client', `There is no key ${tls.key} for the client certificate.`, 'Check sslkey.')
  }
  // As libpq: the owner's alone, or root's and then readable by its group.
  if ((stat.mode & (stat.uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw usageError('connect.tls-client', `Others may read the private key ${tls.key}.`, 'Run chmod 600 on it.')
  }
  return {
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    ...(tls.keyPassword === undefined ? {} : { passphrase: tls.keyPassword.reveal() }),
  }
}

function exists(path: string): boolean {
  return path !== '' && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
