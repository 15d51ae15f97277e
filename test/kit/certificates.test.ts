import { Client } from 'pg'
import { expect, test } from 'vitest'
import { CertificateAuthority, startServer } from './index.ts'

test('a server shows a certificate that its authority has signed, and asks for one', async () => {
  const authority = new CertificateAuthority()
  const stranger = new CertificateAuthority()
  const tls = {
    ...authority.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] }),
    clientCa: authority.cert,
  }
  await using own = await startServer({ major: 13, tls, hba: ['hostssl all all all cert'] })
  const login = authority.issue({ commonName: 'postgres' })

  const attempt = async (ssl: object): Promise<unknown> => {
    const client = new Client({ connectionString: own.url(), ssl })
    try {
      await client.connect()
      const { rows } = await client.query('select client_dn from pg_stat_ssl where pid = pg_backend_pid()')
      return rows
    } catch (error) {
      return error
    } finally {
      await client.end()
    }
  }
  expect(await attempt({ ca: authority.cert, ...login })).toEqual([{ client_dn: '/CN=postgres' }])
  expect(await attempt({ ca: stranger.cert, ...login })).toMatchObject({ code: 'CERT_SIGNATURE_FAILURE' })
  expect(await attempt({ ca: authority.cert })).toMatchObject({ code: '28000' })
})
