import { SQLSTATE, type DatabaseError, type Session } from '../connection/index.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../sql.ts'
import type { BodiesReport } from '../report/index.ts'
import { isRefusal } from './try-entries.ts'

const BODIES = loadSql(import.meta.url, 'bodies.sql')

interface Body {
  oid: number
  name: string
  kind: 'function' | 'procedure'
  schema: string
  language: string
  validator: string
  search_path: string | null
}

export interface BrokenBody {
  /** `function public.total(integer)`. */
  object: string
  /** As the archive's tag has it, without names of arguments: `public.total(integer)`. */
  name: string
  language: string
  error: DatabaseError
}

export interface CheckedBodies {
  broken: BrokenBody[]
  report: BodiesReport
}

export interface BodiesOptions {
  scratch: Session
  source: Session
  /** Where the source's sessions look for names: its database's setting, or PostgreSQL's default. */
  searchPath: string
}

/** Said of every rehearsal, because no server can know it before the code runs. */
const UNSEEN = [
  'SQL that is put together at run time (EXECUTE in PL/pgSQL), in functions and in applications',
  'names that an application finds by a search_path of its own',
]
const UNSEEN_PLPGSQL =
  'the statements inside PL/pgSQL functions: only their grammar is checked, and the types of variables'

/**
 * Has every function's body read by its language's validator, with all objects in place. What is not understood on the
 * source either is told apart: a body that was broken before is nothing that the new version breaks.
 *
 * The validators are what CREATE FUNCTION calls under check_function_bodies (pg_proc.c, ProcedureCreate). That of SQL parses each
 * statement against the catalog, that of PL/pgSQL compiles, which finds errors of grammar and types that are gone.
 */
export async function checkBodies({ scratch, source, searchPath }: BodiesOptions): Promise<CheckedBodies> {
  const bodies = await scratch.query<Body>(BODIES)
  const broken: BrokenBody[] = []
  const brokenOnSource: BodiesReport['brokenOnSource'] = []
  for (const body of bodies) {
    const paths =
      body.search_path === null ? [searchPath, `${quoteIdent(body.schema)}, ${searchPath}`] : [body.search_path]
    const error = await validate(scratch, body, paths[0] ?? '')
    if (error === undefined) continue
    const object = `${body.kind} ${body.name}`
    const onSource = await firstPathThatWorks(source, body.name, paths)
    if (onSource === undefined) {
      brokenOnSource.push({ object, message: error.server.message, sqlstate: error.server.sqlstate })
      continue
    }
    const there = onSource === paths[0] ? error : await validate(scratch, body, onSource)
    if (there !== undefined) broken.push({ object, name: body.name, language: body.language, error: there })
  }
  const languages = grouped(bodies)
  const checked = [...languages].map(([language, some]) => ({
    language,
    bodies: some.length,
    depth: language === 'sql' ? ('statements' as const) : ('grammar' as const),
  }))
  const unseen = languages.has('plpgsql') ? [UNSEEN_PLPGSQL, ...UNSEEN] : UNSEEN
  return { broken, report: { checked, brokenOnSource, unseen } }
}

function grouped(bodies: readonly Body[]): Map<string, Body[]> {
  const groups = new Map<string, Body[]>()
  for (const body of bodies) groups.set(body.language, [...(groups.get(body.language) ?? []), body])
  return groups
}

/**
 * The search path under which the source's server understands the function: as it finds it, or with the function's own
 * schema in front, as many applications have it. Undefined where it never does.
 */
async function firstPathThatWorks(
  source: Session,
  name: string,
  paths: readonly string[],
): Promise<string | undefined> {
  const found = await source.query<Body>(
    `select p.oid::int8 as oid, pg_catalog.format('%I.%I', vn.nspname, v.proname) as validator
       from pg_catalog.pg_proc p
       join pg_catalog.pg_language l on l.oid = p.prolang
       join pg_catalog.pg_proc v on v.oid = l.lanvalidator
       join pg_catalog.pg_namespace vn on vn.oid = v.pronamespace
      where p.oid = pg_catalog.to_regprocedure($1)`,
    [name],
  )
  const [body] = found
  if (body === undefined) return undefined
  for (const path of paths) {
    const error = await validate(source, body, path)
    // Who may not ask does not know, and what is not known to have been broken before counts as broken now.
    if (error === undefined || error.server.sqlstate === SQLSTATE.noPrivilege) return path
  }
  return undefined
}

/** The server's objection; undefined where it has none. Leaves nothing behind: all is rolled back. */
async function validate(
  session: Session,
  body: Pick<Body, 'oid' | 'validator'>,
  searchPath: string,
): Promise<DatabaseError | undefined> {
  try {
    await session.script(
      [
        'BEGIN READ ONLY',
        'SET LOCAL check_function_bodies = on',
        `SELECT pg_catalog.set_config('search_path', ${quoteLiteral(searchPath)}, true)`,
        `SELECT ${body.validator}(${String(body.oid)}::pg_catalog.oid)`,
        'ROLLBACK',
      ].join('; '),
    )
    return undefined
  } catch (error) {
    if (!isRefusal(error)) throw error
    await session.script('ROLLBACK')
    return error
  }
}
