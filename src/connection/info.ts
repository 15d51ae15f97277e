import type { SecureVersion } from 'node:tls'
import type { Host } from './host.ts'
import { describeHost } from './host.ts'
import type { PassEntry } from './passfile.ts'
import { findPassword } from './passfile.ts'
import type { Secret } from './secret.ts'

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

export const SESSION_ATTRS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const
export type SessionAttrs = (typeof SESSION_ATTRS)[number]

/** What libpq's ssl* parameters said; files are read at connect. `rootCert` is a path, or `system`. */
export interface TlsInfo {
  readonly mode: SslMode
  readonly negotiation: 'postgres' | 'direct'
  readonly rootCert: string
  readonly cert: string
  readonly key: string
  /** False where `cert` is libpq's default place, which may be empty. */
  readonly certAsked: boolean
  readonly certMode: 'disable' | 'allow' | 'require'
  readonly keyPassword: Secret | undefined
  readonly crl: string
  readonly sni: 'send' | 'omit'
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion | undefined
}

export interface ConnectionFields {
  readonly hosts: readonly Host[]
  readonly user: string
  readonly database: string
  readonly tls: TlsInfo
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly sessionAttrs: SessionAttrs
  readonly loadBalance: 'disable' | 'random'
  /** For one host, from the first packet to the end of the login; 0 waits for ever. */
  readonly connectTimeoutMs: number
  /** Idle time before the first TCP keepalive probe; undefined where keepalives are off. */
  readonly keepAliveIdleMs: number | undefined
  /** libpq's `options`, for the server's command line. */
  readonly options: string | undefined
}

export interface Passwords {
  /** From the string, the service or PGPASSWORD: for every host. */
  readonly given: Secret | undefined
  readonly passfile: readonly PassEntry[]
}

/** Where and how to connect; made by `parseConnection`. Nothing that prints it shows a secret. */
export class ConnectionInfo implements ConnectionFields {
  readonly hosts: readonly Host[]
  readonly user: string
  readonly database: string
  readonly tls: TlsInfo
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  readonly sessionAttrs: SessionAttrs
  readonly loadBalance: 'disable' | 'random'
  readonly connectTimeoutMs: number
  readonly keepAliveIdleMs: number | undefined
  readonly options: string | undefined
  readonly #fields: ConnectionFields
  readonly #passwords: Passwords

  constructor(fields: ConnectionFields, passwords: Passwords) {
    this.hosts = fields.hosts
    this.user = fields.user
    this.database = fields.database
    this.tls = fields.tls
    this.channelBinding = fields.channelBinding
    this.sessionAttrs = fields.sessionAttrs
    this.loadBalance = fields.loadBalance
    this.connectTimeoutMs = fields.connectTimeoutMs
    this.keepAliveIdleMs = fields.keepAliveIdleMs
    this.options = fields.options
    this.#fields = fields
    this.#passwords = passwords
  }

  /** The password for one of the hosts: the given one, else the password file's for that host, port and database. */
  passwordFor(host: Host): Secret | undefined {
    return this.#passwords.given ?? findPassword(this.#passwords.passfile, host, this.database, this.user)
  }

  /** Every secret that a login with this may use, for `redact`. */
  secrets(): Secret[] {
    const found = [...this.hosts.map((host) => this.passwordFor(host)), this.tls.keyPassword]
    return found.filter((secret) => secret !== undefined)
  }

  /** The same server and user, another database; the password file is asked anew. */
  withDatabase(database: string): ConnectionInfo {
    return new ConnectionInfo({ ...this.#fields, database }, this.#passwords)
  }

  /** `user@host:port/database`, for people; several hosts with commas between them. */
  describe(): string {
    return `${this.user}@${this.hosts.map(describeHost).join(',')}/${this.database}`
  }
}
