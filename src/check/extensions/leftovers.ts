import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'

export const leftovers = check<{ tool: string; kind: 'schema' | 'table' | 'event trigger'; name: string }>({
  id: 'X18',
  title: 'No other replication tool has left things behind',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'leftovers.sql'),
  assess: ({ source }) =>
    source.map(({ tool, kind, name }) => ({
      object: `${kind} ${name}`,
      message: `It belongs to ${tool} and comes along, with its triggers: on the target they fire for servers that do not know it.`,
      fix: {
        kind: 'advice',
        text: `If ${tool} is no longer in use here, take it away on the source with its own means, or DROP ${kind.toUpperCase()} ${name}${kind === 'event trigger' ? '' : ' CASCADE'}; else leave it out with --exclude and set it up on the target anew.`,
      },
    })),
})
