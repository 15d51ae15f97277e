import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** PEM texts. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  readonly commonName: string
  /** Host names and IPv4 addresses that it holds for; none for a client's certificate. */
  readonly hosts?: readonly string[]
  /** Default: valid. */
  readonly validity?: 'valid' | 'expired'
}

/** A certificate authority made for a test. Node can read certificates but not make them, hence the DER below. */
export class CertificateAuthority {
  readonly cert: string
  readonly #keys = newKeys()
  readonly #name: string

  constructor(commonName = 'pgleap test authority') {
    this.#name = commonName
    this.cert = this.#signed({ commonName }, this.#keys.publicKey, [extension(OID.basicConstraints, seq(bool()))])
  }

  issue(options: CertificateOptions): Certificate {
    const keys = newKeys()
    const hosts = (options.hosts ?? []).map((host) =>
      isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
    )
    const extensions = hosts.length === 0 ? [] : [extension(OID.subjectAltName, seq(...hosts))]
    return {
      cert: this.#signed(options, keys.publicKey, extensions),
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }

  /** RFC 5280, section 4.1. */
  #signed(options: CertificateOptions, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const year = new Date().getUTCFullYear()
    const [from, to] = options.validity === 'expired' ? [year - 3, year - 2] : [year - 1, year + 10]
    const body = seq(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
      seq(OID.ecdsaWithSha256),
      name(this.#name),
      seq(time(from), time(to)),
      name(options.commonName),
      publicKey.export({ type: 'spki', format: 'der' }),
      ...(extensions.length === 0 ? [] : [der(0xa3, seq(...extensions))]),
    )
    const signature = sign('sha256', body, this.#keys.privateKey)
    const certificate = seq(body, seq(OID.ecdsaWithSha256), bits(signature))
    const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  }
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const seq = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts))
const integer = (bytes: Buffer): Buffer => der(0x02, bytes)
const bool = (): Buffer => der(0x01, Buffer.from([0xff]))
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.concat([Buffer.from([0]), bytes]))
const time = (year: number): Buffer => der(0x18, Buffer.from(`${year}0101000000Z`))
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const extension = (id: Buffer, value: Buffer): Buffer => seq(id, der(0x04, value))
const name = (commonName: string): Buffer => seq(der(0x31, seq(OID.commonName, der(0x0c, Buffer.from(commonName)))))

const OID = {
  ecdsaWithSha256: oid('2a8648ce3d040302'),
  commonName: oid('550403'),
  basicConstraints: oid('551d13'),
  subjectAltName: oid('551d11'),
}
