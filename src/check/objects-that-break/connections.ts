import { loadSql, quoteIdent } from '../../sql.ts'
import { withoutComments } from './catalog-uses.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { isReserved } from '../../provider/index.ts'
import { counted, listed } from '../names.ts'
import { EVERY_COPY, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface ForeignServer extends ObjectRow {
  wrapper: string
  host: string | null
  hostaddr: string | null
  dbname: string | null
  /** Null on a socket. */
  own_address: string | null
  /** Its tables are files, or programs' output, of the server's machine. */
  reads_files: boolean
  tables: number
  /** Users whose mapping's options cannot be seen. */
  hidden_mappings: string[]
}

/** Names for "this machine", as libpq takes them; no host at all is its socket. */
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/

export const foreignServers = check<ForeignServer>({
  id: 'O17',
  title: 'Foreign servers are reached from the target, too',
  severity: 'warning',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'foreign-servers.sql'),
  assess: ({ source }, pair) => source.flatMap((row) => [...serverFindings(row), ...mappingFindings(row, pair)]),
})

function serverFindings(row: ForeignServer): NewFinding[] {
  const object = `foreign server ${row.name}`
  const tables =
    row.tables === 0
      ? ''
      : ` ${counted(row.tables, 'foreign table')} ${row.tables === 1 ? 'reads' : 'read'} through it.`
  if (row.reads_files) {
    return [
      {
        object,
        message: `Its tables read files or programs of the source's machine (${row.wrapper}), which the target does not have.${tables}`,
        fix: { kind: 'advice', text: 'Bring the files to the target\u2019s machine, or load them into tables.' },
      },
    ]
  }
  const where = row.hostaddr ?? row.host
  if (where === null && row.dbname === null) return []
  const to = `${where ?? 'the socket of its own machine'}${row.dbname === null ? '' : `, database ${row.dbname}`}`
  const alter = `ALTER SERVER ${quoteIdent(row.name)} OPTIONS (${row.host === null ? 'ADD' : 'SET'} host '...')`
  if (where === null || LOCAL.test(where) || where === row.own_address) {
    return [
      {
        object,
        severity: 'error',
        message: `It points to the source's own machine (${to}). On the target it means the target's machine, or still reads the old server.${tables}`,
        fix: { kind: 'advice', text: `Say on the target what it is to read from then on: ${alter}.` },
      },
    ]
  }
  return [
    {
      object,
      message: `It points to ${to}: the target has to reach it, from its own network and address.${tables}`,
      fix: { kind: 'advice', text: `Let the target in there, or change it on the target: ${alter}.` },
    },
  ]
}

function mappingFindings({ name, hidden_mappings: hidden }: ForeignServer, pair: Pair): NewFinding[] {
  return hidden
    .filter((user) => !isReserved(pair.source.provider, 'role', user))
    .map((user) => ({
      object: `user mapping of ${user} for ${name}`,
      message: 'The user that migrates may not see its options, its password among them: it arrives without any.',
      fix: {
        kind: 'advice',
        text: `On the target: ALTER USER MAPPING FOR ${user === 'public' ? 'PUBLIC' : quoteIdent(user)} SERVER ${quoteIdent(name)} OPTIONS (ADD user '...', ADD password '...').`,
      },
    }))
}

/** Never a part of the string but its host and database: the rest may be a password. */
export const connectionStrings = check<ObjectRow & { body: string }>({
  id: 'O18',
  title: 'No function opens connections of its own',
  severity: 'warning',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'connection-strings.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).flatMap(({ name, body }) => {
      const code = withoutComments(body)
      const ends = endsIn(code)
      if (ends.length === 0 && !/\bdblink(?:_\w+)?\s*\(|\bcreate\s+(?:server|subscription)\b/i.test(code)) return []
      const where = ends.length === 0 ? 'somewhere that it is told' : `to ${listed(ends)}`
      return [
        {
          object: `function ${name}`,
          message: `It connects ${where}. It arrives as it is: from the target that may not be reachable, or still be the old server.`,
          fix: {
            kind: 'advice',
            text: 'Read where it connects to, and let the target in there, or change it on the target.',
          },
        },
      ]
    }),
})

/** `db.example, database shop` for each connection string. */
function endsIn(code: string): string[] {
  const urls = [...code.matchAll(/postgres(?:ql)?:\/\/(?:[^\s'"/@]*@)?([^\s'"/?@]*)(?:\/([^\s'"?]*))?/gi)].map(
    ([, host = '', database = '']) => end(host, database),
  )
  const keywords = [...code.matchAll(/'((?:[^']|'')*\b(?:host(?:addr)?|dbname)\s*=(?:[^']|'')*)'/gi)].map(
    ([, text = '']) =>
      end(/\bhost(?:addr)?\s*=\s*([^\s']+)/i.exec(text)?.[1] ?? '', /\bdbname\s*=\s*([^\s']+)/i.exec(text)?.[1] ?? ''),
  )
  return [...new Set([...urls, ...keywords])]
}

function end(host: string, database: string): string {
  return `${host === '' ? 'its own machine' : host}${database === '' ? '' : `, database ${database}`}`
}
