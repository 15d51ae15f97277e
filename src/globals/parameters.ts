import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'

const PARAMETERS = loadSql(import.meta.url, 'parameters.sql')
const PARAMETERS_UP_TO_14 = loadSql(import.meta.url, 'parameters.14.sql')

/** What a server says of one parameter. */
export interface ParameterFacts {
  /** `custom`: of an extension that is not loaded in this session, which may be there or not. */
  known: 'yes' | 'no' | 'custom'
  /** PostgreSQL itself lets only superusers set it, or those to whom it is granted. */
  privileged: boolean
  /** It is granted to the session's user, or that is a superuser. */
  granted: boolean
}

/** Whether a server knows these parameters, and whether the session's user may set them. Reads only. */
export async function readParameters(
  session: Session,
  names: readonly string[],
): Promise<ReadonlyMap<string, ParameterFacts>> {
  const rows = await session.query<{ name: string; context: string | null; granted: boolean }>(
    session.major > 14 ? PARAMETERS : PARAMETERS_UP_TO_14,
    [[...new Set(names)]],
  )
  const found = new Map<string, ParameterFacts>()
  for (const { name, context, granted } of rows) {
    if (context !== null) found.set(name, { known: 'yes', privileged: context.startsWith('superuser'), granted })
    else found.set(name, { ...(await askFor(session, name)), granted })
  }
  return found
}

/** A parameter that pg_settings does not show: gone, hidden from lists, or hidden from this user. */
async function askFor(session: Session, name: string): Promise<Omit<ParameterFacts, 'granted'>> {
  // Whoever may set a value for an extension that is not loaded: superusers (guc.c, validate_option_array_item).
  if (name.includes('.')) return { known: 'custom', privileged: true }
  try {
    const [row] = await session.query<{ known: boolean }>(
      'SELECT pg_catalog.current_setting($1, true) IS NOT NULL AS known',
      [name],
    )
    return { known: row?.known === true ? 'yes' : 'no', privileged: false }
  } catch (error) {
    // It is there, and only members of pg_read_all_settings see it.
    if (!(error instanceof DatabaseError && error.server.sqlstate === SQLSTATE.noPrivilege)) throw error
    return { known: 'yes', privileged: true }
  }
}
