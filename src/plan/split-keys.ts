import { tokens, type Entry, type Token } from '../archive/index.ts'
import { qualified, quoteIdent } from '../sql.ts'

/** A foreign key in two statements: the first takes a moment, the second checks the rows and lets others work. */
export interface SplitForeignKey {
  add: string
  validate: string
}

/**
 * Undefined where the definition is anything else than one plain key that pg_dump has written (dumpConstraint), or one
 * that is not checked at all.
 */
export function splitForeignKey({ defn }: Pick<Entry, 'defn'>): SplitForeignKey | undefined {
  const key = constraintIn(defn)
  if (key === undefined || key.rest[0]?.name !== 'foreign' || key.rest[1]?.name !== 'key') return undefined
  const outer = key.rest.filter(({ depth }) => depth === 0).map(({ name }) => name)
  const isOdd = key.rest.some(({ name, kind }) => kind === 'word' && name === 'period')
  if (isOdd || outer.includes('valid') || outer.includes('enforced')) return undefined
  return {
    add: `${defn.slice(0, key.end)} NOT VALID`,
    validate: `ALTER TABLE ${key.table} VALIDATE CONSTRAINT ${quoteIdent(key.name)}`,
  }
}

/** A primary key or unique constraint as an index that is built beside others, and the statement that makes it the key. */
export interface SplitKey {
  index: string
  attach: string
}

/** Undefined where the key is more than its columns: it may be deferrable, include columns, or have options. */
export function splitKey({ defn }: Pick<Entry, 'defn'>): SplitKey | undefined {
  const key = constraintIn(defn)
  if (key === undefined) return undefined
  const isPrimary = key.rest[0]?.name === 'primary' && key.rest[1]?.name === 'key'
  if (!isPrimary && key.rest[0]?.name !== 'unique') return undefined
  const list = key.rest.slice(isPrimary ? 2 : 1)
  const names = list.slice(1, -1)
  const isList =
    list[0]?.text === '(' &&
    list.at(-1)?.text === ')' &&
    names.length % 2 === 1 &&
    names.every((token, at) => (at % 2 === 1 ? token.text === ',' : isName(token)))
  if (!isList) return undefined
  const name = quoteIdent(key.name)
  const columns = names.filter(isName).map((token) => quoteIdent(token.name))
  return {
    index: `CREATE UNIQUE INDEX ${name} ON ${key.table} USING btree (${columns.join(', ')})`,
    attach: `ALTER TABLE ${key.table} ADD CONSTRAINT ${name} ${isPrimary ? 'PRIMARY KEY' : 'UNIQUE'} USING INDEX ${name}`,
  }
}

interface Constraint {
  /** Quoted, with its schema. */
  table: string
  name: string
  /** What follows the name, without the semicolon. */
  rest: Token[]
  /** Where the semicolon stands. */
  end: number
}

/** `ALTER TABLE ONLY schema.name ADD CONSTRAINT name ...;`, if that is all. */
function constraintIn(defn: string): Constraint | undefined {
  const all = tokens(defn)
  const [alter, tableWord, only, schema, dot, table, add, constraint, name, ...rest] = all
  const isOne =
    alter?.name === 'alter' &&
    tableWord?.name === 'table' &&
    only?.name === 'only' &&
    dot?.text === '.' &&
    add?.name === 'add' &&
    constraint?.name === 'constraint'
  const last = rest.at(-1)
  if (!isOne || last?.text !== ';' || all.filter(({ text }) => text === ';').length !== 1) return undefined
  if (!isName(schema) || !isName(table) || !isName(name)) return undefined
  return {
    table: `ONLY ${qualified(schema.name, table.name)}`,
    name: name.name,
    rest: rest.slice(0, -1),
    end: last.start,
  }
}

function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted'
}
