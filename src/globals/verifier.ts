import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { Secret } from '../connection/index.ts'
import { saslprep } from './saslprep.ts'

/** SCRAM_SHA_256_DEFAULT_ITERATIONS and SCRAM_DEFAULT_SALT_LEN of scram-common.h. */
const ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

const SCRAM = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/u
const MD5 = /^md5[0-9a-f]{32}$/u

/** What kind of verifier a text is; `unknown` is no verifier to any server that we know (crypt.c, get_password_type). */
export function verifierKind(value: Secret): 'scram' | 'md5' | 'unknown' {
  const text = value.reveal()
  if (SCRAM.test(text)) return 'scram'
  return MD5.test(text) ? 'md5' : 'unknown'
}

/**
 * The SCRAM-SHA-256 verifier of a password, as `ALTER ROLE ... PASSWORD` would store it (scram-common.c, scram_build_secret), so
 * that the password itself never travels. A new salt each time, unless one is given. Undefined where the password cannot
 * be normalised with certainty (see `saslprep`).
 */
export function scramVerifier(
  password: Secret,
  { salt = randomBytes(SALT_BYTES), iterations = ITERATIONS }: { salt?: Buffer; iterations?: number } = {},
): Secret | undefined {
  const prepared = saslprep(password.reveal())
  if (prepared === undefined) return undefined
  const salted = pbkdf2Sync(prepared, salt, iterations, KEY_BYTES, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  return new Secret(`SCRAM-SHA-256$${String(iterations)}:${salt.toString('base64')}$${storedKey}:${serverKey}`)
}

/** Whether a verifier is this password's; for md5 the role's name counts, too (md5_common.c). */
export function isPasswordOf(password: Secret, verifier: Secret, role: string): boolean {
  const stored = verifier.reveal()
  if (MD5.test(stored)) {
    const hash = createHash('md5').update(password.reveal()).update(role).digest('hex')
    return same(stored, `md5${hash}`)
  }
  const [, iterations, salt] = SCRAM.exec(stored) ?? []
  if (iterations === undefined || salt === undefined) return false
  const computed = scramVerifier(password, { salt: Buffer.from(salt, 'base64'), iterations: Number(iterations) })
  return computed !== undefined && same(stored, computed.reveal())
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
