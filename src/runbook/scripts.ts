import type { ConnectionInfo } from '../connection/index.ts'
import { passfileLines, portable } from './ends.ts'
import type { RunbookFile } from './folder.ts'
import { shellQuote } from './shell-quote.ts'
import type { RunbookStep, ScriptWord, StepScript } from './step.ts'

/** One end: what the user gave, and what it was read as. */
export interface NamedEnd {
  text: string
  info: ConnectionInfo
}

export interface RunbookEnds {
  source: NamedEnd
  target: NamedEnd
  sourceFromTarget?: NamedEnd
}

/** The environment of all scripts: where the databases are, and where passwords come from; no password. Pure. */
export function activateFile({ source, target, sourceFromTarget }: RunbookEnds): RunbookFile {
  const ends = [
    ['SRC', source],
    ['DST', target],
    ...(sourceFromTarget === undefined ? [] : [['SRC_FROM_DST', sourceFromTarget] as const]),
  ] as const
  const lines = [
    '# What every script here reads: where the databases are. No password belongs in here: this folder is for many eyes.',
    ...ends.map(([name, { text, info }]) => `${name}=${shellQuote(portable(text, info))}`),
    `export ${ends.map(([name]) => name).join(' ')}`,
    '',
    '# Passwords come from ~/.pgpass (mode 0600), or from the file that PGPASSFILE names. The lines that are looked for:',
    ...[...new Set(ends.flatMap(([, { info }]) => passfileLines(info)))].map((line) => `#   ${oneLine(line)}`),
    '# PGPASSFILE=/a/safe/place/pgpass; export PGPASSFILE',
    '',
    '# The program; set PGLEAP where it is not on the PATH.',
    'PGLEAP=${PGLEAP:-pgleap}',
  ]
  return { name: 'activate', text: `${lines.join('\n')}\n`, mode: 0o644 }
}

/** A comment ends at the end of its line. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?')
}

/** Every option that is given to a script goes to pgleap as well. Pure. */
export function scriptFile({ number, title, who }: RunbookStep, script: StepScript): RunbookFile {
  const { option, file } = script.ifThere ?? {}
  const lines = [
    '#!/bin/sh',
    `# ${number}  ${title}. By: ${who}. README.md tells what to watch, and how to go back.`,
    'set -eu',
    'CDPATH= cd -- "$(dirname -- "$0")"',
    '. ./activate',
    'mkdir -p results',
    ...(option === undefined || file === undefined
      ? []
      : [`if [ -f ${shellQuote(file)} ]; then set -- ${option} ${shellQuote(file)} "$@"; fi`]),
    `exec "$PGLEAP" ${script.words.map(word).join(' ')} "$@"`,
  ]
  return { name: script.name, text: `${lines.join('\n')}\n`, mode: 0o755 }
}

function word(text: ScriptWord): string {
  return typeof text === 'string' ? shellQuote(text) : `"$${text.variable}"`
}
