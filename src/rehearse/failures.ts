import { mayHoldSecret, type Archive, type Entry } from '../archive/index.ts'
import { DatabaseError } from '../connection/index.ts'
import { withoutQuotedSecrets } from '../migrate/index.ts'
import { redactor, type CheckResult, type RehearsalFailure } from '../report/index.ts'
import type { BrokenBody } from './bodies.ts'
import { describe } from './describe.ts'
import { findingsAbout, isAboutRows, reasonOf, subjectOf, type Subject } from './reasons.ts'

/** Function bodies may hold connection strings: whatever looks like a password in one is masked (invariant 4). */
const redact = redactor([])

/** An object that could not be made, with the source's own SQL, what the server says, and what `check` knows of it. */
export function failureOf(entry: Entry, error: DatabaseError, checks: readonly CheckResult[]): RehearsalFailure {
  const shown = mayHoldSecret(entry) ? withoutQuotedSecrets(error) : error
  const server = shown instanceof DatabaseError ? shown.server : error.server
  const definition = definitionOf(entry)
  const detail = server.detail === undefined ? '' : ` (${server.detail})`
  return {
    object: describe(entry),
    what: entry.desc === 'MATERIALIZED VIEW DATA' || isAboutRows(error.server.sqlstate) ? 'data' : 'object',
    ...(definition === undefined ? {} : { definition }),
    message: redact(`${server.message}${detail}`),
    sqlstate: server.sqlstate,
    ...explained(subjectOf(entry, server.sqlstate), checks),
  }
}

/** A function that was made, and whose body is not understood. */
export function failureOfBody(body: BrokenBody, archive: Archive, checks: readonly CheckResult[]): RehearsalFailure {
  const { error, object, name } = body
  const entry = archive.entries.find((one) => isThatFunction(one, name))
  const definition = entry && definitionOf(entry)
  return {
    object,
    what: 'body',
    ...(definition === undefined ? {} : { definition }),
    message: redact(error.server.message),
    sqlstate: error.server.sqlstate,
    ...explained({ names: [name], kind: 'FUNCTION', sqlstate: error.server.sqlstate }, checks),
  }
}

/** What failed when the rows came. */
export function failureOfStep(
  step: { label: string; message: string; sqlstate?: string },
  names: readonly string[],
  checks: readonly CheckResult[],
): RehearsalFailure {
  const { label, message, sqlstate } = step
  return {
    object: label,
    what: 'data',
    message: redact(message),
    ...(sqlstate === undefined ? {} : { sqlstate }),
    ...explained({ names, kind: '', sqlstate: sqlstate ?? '' }, checks),
  }
}

function explained(subject: Subject, checks: readonly CheckResult[]): Pick<RehearsalFailure, 'reason' | 'findings'> {
  const reason = reasonOf(subject)
  const findings = findingsAbout(checks, subject).map(({ id, message }) => ({ id, message }))
  return { ...(reason === undefined ? {} : { reason }), findings }
}

/** The source's SQL as far as it may be shown. */
function definitionOf(entry: Entry): string | undefined {
  return mayHoldSecret(entry) || entry.defn.trim() === '' ? undefined : redact(entry.defn.trim())
}

/** regprocedure writes a list of types without blanks after its commas, and pg_dump one with them. */
function isThatFunction({ desc, namespace, tag }: Entry, name: string): boolean {
  if (desc !== 'FUNCTION' && desc !== 'PROCEDURE') return false
  return `${namespace ?? ''}.${tag}`.replaceAll(/[\s"]/gu, '') === name.replaceAll(/[\s"]/gu, '')
}
