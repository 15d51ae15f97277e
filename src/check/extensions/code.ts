import { DatabaseError, SQLSTATE } from '../../connection/index.ts'
import { loadSql, quoteLiteral } from '../../sql.ts'
import { check, type NewFinding, type ProbeEnds } from '../check.ts'
import { counted, listed } from '../names.ts'

interface Library {
  /** As CREATE FUNCTION names it: `$libdir/tablefunc`. */
  library: string
  functions: string[]
}

/** Whether the target can load it; null where our login may not try. */
interface Loaded {
  library: string
  loads: boolean | null
}

const LIBRARIES = loadSql(import.meta.url, 'libraries.sql')

export const libraries = check<Library, Loaded>({
  id: 'X09',
  title: "The target has the libraries of the source's functions in C",
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: LIBRARIES,
  target: { probe: tryLibraries },
  assess: ({ source, target = [] }, pair) =>
    source.flatMap(({ library, functions }): NewFinding[] => {
      const loads = target.find((one) => one.library === library)?.loads
      if (loads === true) return []
      const which = `${counted(functions.length, 'function')} of it (${listed(functions, 3)})`
      return [
        {
          object: `library ${library}`,
          message:
            loads === false
              ? `The target does not have it, or not for PostgreSQL ${String(pair.target.major)}: ${which} cannot be made.`
              : `Only a superuser makes functions in C, and our login on the target is none: ${which} cannot be made.`,
          fix: {
            kind: 'advice',
            text:
              loads === false
                ? `Build and install it for PostgreSQL ${String(pair.target.major)} on the target's machine, or drop its functions on the source.`
                : 'Migrate as a superuser of the target, or replace these functions (an extension may have them), and drop them on the source.',
          },
        },
      ]
    }),
})

/** LOAD runs a library's initialization, as CREATE FUNCTION would: on a session of its own, which ends right after. */
async function tryLibraries({ source, target, open }: ProbeEnds): Promise<Loaded[]> {
  const wanted = await source.query<Library>(LIBRARIES)
  if (target === undefined || wanted.length === 0) return []
  const [me] = await target.query<{ superuser: boolean }>(
    'select rolsuper as superuser from pg_catalog.pg_roles where rolname = current_user',
  )
  if (me?.superuser !== true) return wanted.map(({ library }) => ({ library, loads: null }))
  await using session = await open('target', 'load')
  const loaded: Loaded[] = []
  for (const { library } of wanted) {
    try {
      await session.query(`LOAD ${quoteLiteral(library)}`)
      loaded.push({ library, loads: true })
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.server.sqlstate === SQLSTATE.queryCanceled) throw error
      loaded.push({ library, loads: false })
    }
  }
  return loaded
}

interface UntrustedFunctions {
  language: string
  functions: string[]
}

export const untrusted = check<UntrustedFunctions, { superuser: boolean }>({
  id: 'X10',
  title: 'Our login may make functions in every language of the source',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: loadSql(import.meta.url, 'untrusted.sql'),
  target: 'select rolsuper as superuser from pg_catalog.pg_roles where rolname = current_user',
  assess: ({ source, target }) =>
    target?.[0]?.superuser === true
      ? []
      : source.map(({ language, functions }) => ({
          object: `language ${language}`,
          message: `It is not trusted: only a superuser makes functions in it, and our login on the target is none, so ${counted(functions.length, 'function')} (${listed(functions, 3)}) cannot be made.`,
          fix: {
            kind: 'advice',
            text: 'Migrate as a superuser of the target, or rewrite these functions in a trusted language.',
          },
        })),
})
