import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'

export const ciphers = check<{ name: string; cipher: string }>({
  id: 'X14',
  title: 'No function encrypts with ciphers that OpenSSL 3 has put away',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'ciphers.sql'),
  assess: ({ source }) =>
    source.map(({ name, cipher }) => ({
      object: `function ${name}`,
      message: `It calls pgcrypto with the cipher ${cipher}, which OpenSSL 3 has only where its legacy provider is on: on a target with OpenSSL 3, it fails when it is called, and what is encrypted cannot be read.`,
      fix: {
        kind: 'advice',
        text: `Try it on the target, in any database with pgcrypto: select encrypt('x', '0123456789abcdef', '${cipher}'). If that fails, turn the legacy provider on there, or encrypt anew with aes.`,
      },
    })),
})
