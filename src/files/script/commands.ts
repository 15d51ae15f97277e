/** What a line of psql's own asks for, of the few that pg_dump and pg_dumpall write. */
export type Command =
  | { does: 'connect'; database: string }
  | { does: 'restrict'; key: string }
  | { does: 'unrestrict'; key: string }
  | { does: 'encoding'; encoding: string }
  /** `\set ON_ERROR_STOP`, which pgleap's own roles script begins with. */
  | { does: 'on-error'; how: 'continue' | 'stop' }
  /** `name` with its backslash; `why` is part of a sentence. */
  | { does: 'unsupported'; name: string; why: string }

/**
 * Reads a backslash command. `\connect` is taken in the forms of pg_dumpall (appendPsqlMetaConnect in string_utils.c), and with a
 * semicolon behind the name as psql takes it; one that asks for another user, host or port is not supported.
 */
export function readCommand(text: string): Command {
  const name = /^\\(?:[A-Za-z_]+|.?)/u.exec(text)?.[0] ?? '\\'
  const words = wordsOf(text.slice(name.length))
  const unsupported = (why: string): Command => ({ does: 'unsupported', name, why })
  switch (name) {
    case '\\c':
    case '\\connect':
      return connect(words) ?? unsupported('it asks for more than another database')
    case '\\restrict':
    case '\\unrestrict': {
      const [key] = words
      if (words.length !== 1 || key === undefined) return unsupported('it wants one key')
      return { does: name === '\\restrict' ? 'restrict' : 'unrestrict', key }
    }
    case '\\encoding': {
      const [encoding] = words
      if (words.length !== 1 || encoding === undefined) return unsupported('it wants one encoding')
      return { does: 'encoding', encoding }
    }
    case '\\set': {
      const [variable, value = ''] = words
      if (variable !== 'ON_ERROR_STOP' || words.length > 2) return unsupported('it sets a variable of psql')
      return { does: 'on-error', how: /^(?:0|off?|f|false|no?|)$/iu.test(value) ? 'continue' : 'stop' }
    }
    default:
      return unsupported('it is a command of psql')
  }
}

function connect(words: readonly string[]): Command | undefined {
  const reuses = words[0] === '-reuse-previous=on'
  const [target, ...others] = reuses ? words.slice(1) : words
  if (target === undefined || target === '' || target === '-' || target.startsWith('-')) return undefined
  // psql lets `-` stand for what is as it was.
  if (others.some((word) => word !== '-')) return undefined
  const database = target.includes('=') || /^postgres(?:ql)?:\/\//u.test(target) ? fromConninfo(target) : target
  return database === undefined ? undefined : { does: 'connect', database }
}

/** `dbname='my db'` and nothing else: other parameters would lead to another server or user. */
function fromConninfo(text: string): string | undefined {
  const [, quoted, bare] = /^\s*dbname\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^\s'\\]+))\s*$/su.exec(text) ?? []
  return quoted === undefined ? bare : quoted.replaceAll(/\\(.)/gsu, '$1')
}

/** Cuts as psql does (psqlscanslash.l): quotes of both sorts may stand inside of a word; a semicolon at the end goes. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  const pattern = /(?:"(?:[^"]|"")*"|'(?:[^'\\]|''|\\.)*'|[^\s"'])+/gsu
  for (const [raw] of text.trim().replace(/;+$/u, '').matchAll(pattern)) {
    words.push(
      raw.replaceAll(/"((?:[^"]|"")*)"|'((?:[^'\\]|''|\\.)*)'/gsu, (_all, double?: string, single?: string) =>
        double === undefined
          ? (single ?? '').replaceAll("''", "'").replaceAll(/\\(.)/gsu, '$1')
          : double.replaceAll('""', '"'),
      ),
    )
  }
  return words
}
