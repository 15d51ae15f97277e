import type { Provider } from '../../src/provider/index.ts'

/** A provider's section of docs/providers.md. */
export function section(provider: Provider): string {
  const { reserved, replication } = provider
  const rows: [string, string][] = [
    ['recognised by', listed(provider.signatures.map(signatureText), 'nothing: name it')],
    ['reserved roles', names(reserved.roles)],
    ['reserved databases', names(reserved.databases)],
    ['reserved schemas', names(reserved.schemas)],
    ['reserved extensions', names(reserved.extensions)],
    ['reserved tablespaces', names(reserved.tablespaces)],
    ['attributes that nobody can give', names(provider.notGrantable)],
    ['statements that are not allowed', names(provider.notAllowed)],
    ['logical replication', replicationText(replication)],
    ['right to replicate', replication.grant === undefined ? '' : code(replication.grant)],
    ['parameters are set in', provider.parametersAt],
    ['extensions are allowed in', provider.extensionsAt ?? ''],
    ['password verifiers', provider.verifiers],
  ]
  const table = rows.filter(([, value]) => value !== '').map(([what, value]) => `| ${what} | ${value} |`)
  return [
    `### ${provider.name}`,
    '',
    `\`${provider.id}\``,
    '',
    '| what | at this provider |',
    '| --- | --- |',
    ...table,
    '',
    ...provider.notes.map((note) => `- ${escaped(note)}`),
    '',
    `Sources: ${provider.sources.map((source) => `<${source}>`).join(', ')}`,
    '',
  ].join('\n')
}

/** Plain text in a table's cell or a list. An underscore within a word is no emphasis in Markdown. */
const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*')
const code = (text: string): string => `\`${text}\``
const listed = (items: readonly string[], none = ''): string => (items.length === 0 ? none : items.join(', '))
const names = (items: readonly string[]): string => listed(items.map(code))

function signatureText(signature: Provider['signatures'][number]): string {
  const [kind = '', name = ''] = Object.entries(signature)[0] ?? []
  return kind === 'host' ? `host \`*${name}\` (where nothing else tells)` : `${kind} \`${name}\``
}

function replicationText({ logical, parameters, note }: Provider['replication']): string {
  const settings = parameters.map(({ name, value, needs }) => `\`${name} = ${value}\` (${needs})`)
  return [listed([logical, ...settings]), note === undefined ? [] : [escaped(note)]].flat().join('. ')
}
