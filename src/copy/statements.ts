import { unreachable } from '../errors.ts'
import { qualified, quoteIdent, quoteLiteral } from '../sql.ts'
import type { CopySpec, Part } from './spec.ts'

export interface CopyStatements {
  /** COPY ... TO STDOUT, for the source. */
  copyOut: string
  /** What the target runs first, in the same transaction; empty where there is nothing. */
  prepare: string
  /** COPY ... FROM STDIN, for the target. */
  copyIn: string
}

/**
 * The statements that move one part.
 *
 * COPY table TO reads the table itself and never its children, and is the fastest form; the other parts need a query,
 * whose ONLY says the same. Columns are named on both sides, so their order may differ; GENERATED ALWAYS identity columns take
 * the values that COPY brings (docs, COPY: it acts as OVERRIDING SYSTEM VALUE). A table without columns to move is named
 * without a list, as COPY has no empty list: generated columns are left out by COPY itself.
 *
 * Text travels in the source's encoding, and the target converts it. From SQL_ASCII there is no conversion, and a target of
 * 14 or newer would not even validate what comes under that name (CopyConvertBuf in copyfromparse.c validates by the
 * file's encoding): it is told that the bytes are of its own encoding, and refuses those that are not.
 */
export function copyStatements(spec: CopySpec, targetEncoding: string): CopyStatements {
  const table = qualified(spec.schema, spec.name)
  const names = spec.columns.map(quoteIdent).join(', ')
  const list = names === '' ? '' : ` (${names})`
  const out = spec.part.by === 'all' ? `${table}${list}` : `(SELECT ${names} FROM ONLY ${table}${filter(spec.part)})`

  const encoding = spec.encoding ?? 'UTF8'
  // FREEZE wants the table to be truncated in the same transaction, so it goes with nothing but a whole table.
  const freeze = spec.mode === 'whole' && spec.part.by !== 'condition' ? ', FREEZE' : ''
  return {
    copyOut: `COPY ${out} TO STDOUT (${format(spec, encoding)})`,
    prepare: spec.mode === 'whole' ? clearing(table, spec.part) : '',
    copyIn: `COPY ${table}${list} FROM STDIN (${format(spec, encoding === 'SQL_ASCII' ? targetEncoding : encoding)}${freeze})`,
  }
}

/** Binary COPY has no ENCODING option; catalog/binary-types.ts lets text into it only where both ends speak UTF8. */
function format(spec: CopySpec, encoding: string): string {
  return spec.format === 'binary' ? 'FORMAT binary' : `FORMAT text, ENCODING ${quoteLiteral(encoding)}`
}

/** CREATE EXTENSION may have filled its configuration table, with rows that are not ours to remove. */
function clearing(table: string, part: Part): string {
  return part.by === 'condition' ? `DELETE FROM ONLY ${table}${filter(part)}` : `TRUNCATE ONLY ${table}`
}

function filter(part: Part): string {
  switch (part.by) {
    case 'all':
      return ''
    case 'blocks':
      return range(
        'ctid',
        `'(${String(part.from)},0)'::tid`,
        part.to === undefined ? undefined : `'(${String(part.to)},0)'::tid`,
      )
    case 'key': {
      const value = (text: string | undefined): string | undefined =>
        text === undefined ? undefined : `CAST(${quoteLiteral(text)} AS ${part.type})`
      return range(quoteIdent(part.column), value(part.from), value(part.to))
    }
    case 'condition':
      return part.where === '' ? '' : ` ${part.where}`
    case 'sample':
      return ` TABLESAMPLE SYSTEM (${String(part.percent)}) REPEATABLE (1)`
    default:
      return unreachable(part)
  }
}

function range(column: string, from: string | undefined, to: string | undefined): string {
  const conditions = [
    ...(from === undefined ? [] : [`${column} >= ${from}`]),
    ...(to === undefined ? [] : [`${column} < ${to}`]),
  ]
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}
