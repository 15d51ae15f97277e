import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { listed } from '../names.ts'
import { changedMeanings, goneColumns, goneFunctions, goneOperators } from './changed-catalogs.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface CatalogUse extends ObjectRow {
  /** The view's definition or the function's body; empty where only its node tree counts. */
  text: string
  /** Of the node tree: `operator !(bigint,NONE)`, `function point(path)`. */
  uses: string[]
  /** A view's own name, and the views that it reads. */
  view: string
  views: string[]
  when_it_fails: 'created' | 'called'
}

/** What a text or node tree mentions that is gone. */
interface Mention {
  what: string
  gone: number
  instead?: string | undefined
}

/** The definitions that the target refuses block; bodies of functions are only read when they are called. */
export const catalogUses = check<CatalogUse>({
  id: 'O12',
  title: 'No view, expression or function uses what the system catalogs no longer have',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => pair.source.major !== pair.target.major,
  source: loadSql(import.meta.url, 'catalog-uses.sql'),
  assess: ({ source }, pair) => {
    const rows = travelling(source, pair)
    const broken = rows.flatMap((row) => {
      const mentions = row.when_it_fails === 'called' ? mentionsOfBody(row, pair) : mentionsOfDefinition(row, pair)
      return mentions.length === 0 ? [] : [{ row, mentions }]
    })
    const views = broken.filter(({ row }) => row.view !== '').map(({ row }) => row.view)
    return [...broken.map(({ row, mentions }) => finding(row, mentions, pair)), ...fallingWith(rows, views, pair)]
  },
})

function mentionsOfDefinition(row: CatalogUse, pair: Pair): Mention[] {
  const used = new Set(row.uses)
  const operators = goneOperators
    .filter(({ operator, gone }) => crosses(pair, gone) && used.has(`operator ${operator}`))
    .map(({ operator, gone, instead }) => ({ what: `the operator ${operator}`, gone, instead }))
  const functions = goneFunctions
    .filter((it) => crosses(pair, it.gone) && used.has(`function ${signature(it)}`))
    .map((it) => ({ what: signature(it), gone: it.gone, instead: it.instead }))
  return [...operators, ...functions, ...columnsIn(row.text, pair)]
}

function mentionsOfBody(row: CatalogUse, pair: Pair): Mention[] {
  const body = withoutComments(row.text)
  const functions = goneFunctions
    .filter((it) => it.arguments === undefined && crosses(pair, it.gone) && calls(body, it.name))
    .map(({ name, gone, instead }) => ({ what: `${name}()`, gone, instead }))
  const meanings = changedMeanings
    .filter(({ pattern, since }) => crosses(pair, since) && pattern.test(body))
    .map(({ message, since }) => ({ what: message, gone: since }))
  return [...functions, ...columnsIn(body, pair), ...meanings]
}

function columnsIn(text: string, pair: Pair): Mention[] {
  return goneColumns
    .filter(({ relation, column, gone }) => {
      if (!crosses(pair, gone)) return false
      return hasWord(text, relation) && (column === undefined || hasWord(text, column))
    })
    .map(({ relation, column, gone, instead }) => ({
      what: column === undefined ? relation : `${relation}.${column}`,
      gone,
      instead,
    }))
}

function finding(row: CatalogUse, mentions: readonly Mention[], pair: Pair): NewFinding {
  const what = listed(mentions.map((mention) => `${mention.what} (PostgreSQL ${String(mention.gone)})`))
  const instead = mentions.flatMap((mention) =>
    mention.instead === undefined ? [] : [`${mention.what}: ${mention.instead}`],
  )
  const replace = instead.length === 0 ? '' : ` In place of ${listed(instead, 10)}.`
  if (row.when_it_fails === 'called') {
    return {
      object: row.name,
      severity: 'warning',
      message: `Its body mentions what changed: ${what}. It is restored as it is, and fails or errs on ${target(pair)} when it is called.`,
      fix: { kind: 'advice', text: `Read it, and rewrite it for the target.${replace}` },
    }
  }
  return {
    object: row.name,
    message: `It uses what is no more: ${what}. ${target(pair)} cannot create ${/^(?:default|constraint) /.test(row.name) ? 'the table' : 'it'}.`,
    fix: {
      kind: 'advice',
      text: `Drop it on the source for the migration, and create it anew on the target, or rewrite it now so that both can.${replace}`,
    },
  }
}

/** Views that read a broken view, directly or not. */
function fallingWith(rows: readonly CatalogUse[], broken: readonly string[], pair: Pair): NewFinding[] {
  const falling = new Set(broken)
  const found: NewFinding[] = []
  for (;;) {
    const next = rows.filter((row) => !falling.has(row.view) && row.views.some((view) => falling.has(view)))
    if (next.length === 0) return found
    for (const row of next) {
      falling.add(row.view)
      const cause = row.views.filter((view) => falling.has(view))
      found.push({
        object: row.name,
        message: `It reads ${listed(cause)}, which ${target(pair)} cannot create.`,
        fix: { kind: 'advice', text: `Mend ${listed(cause)}, or drop both for the migration.` },
      })
    }
  }
}

function signature({ name, arguments: args }: { name: string; arguments?: string }): string {
  return args === undefined ? name : `${name}(${args})`
}

function calls(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name}\\s*\\(`, 'i').test(text)
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(`(?<![\\w$])${word}(?![\\w$])`, 'i').test(text)
}

/** Strings stay: dynamic SQL is in them. */
export function withoutComments(body: string): string {
  return body.replaceAll(/('(?:[^']|'')*')|--[^\n]*|\/\*[\s\S]*?\*\//g, (_all, text: string | undefined) => text ?? ' ')
}
