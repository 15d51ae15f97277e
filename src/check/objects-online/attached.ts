import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { counted, listed } from '../names.ts'

export const filteredPublications = check<{ name: string; tables: string[] }>({
  id: 'O32',
  title: 'No publication filters rows or columns',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  when: ({ source }) => source.major >= 15,
  source: loadSql(import.meta.url, 'filtered-publications.sql'),
  assess: ({ source }) =>
    source.map(({ name, tables }) => ({
      object: `publication ${name}`,
      message: `It leaves out rows or columns of ${listed(tables)}. It arrives with its filters; its subscribers have only a part of the rows, so none of them can stand in for this database.`,
    })),
})

export const securityLabels = check<{ provider: string; labels: number }>({
  id: 'O33',
  title: 'Security labels find their provider on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'security-labels.sql'),
  assess: ({ source }) =>
    source.map(({ provider, labels }) => ({
      object: `security label provider ${provider}`,
      message: `${counted(labels, 'object')} ${labels === 1 ? 'has' : 'have'} a security label of ${provider}. Where that library is not loaded, SECURITY LABEL fails, and what the labels protect (such as masked columns) is open.`,
      fix: {
        kind: 'advice' as const,
        text: `Load it on the target (shared_preload_libraries or session_preload_libraries, by its documentation) before the migration.`,
      },
    })),
})
