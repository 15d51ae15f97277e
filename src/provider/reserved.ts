import { unreachable } from '../errors.ts'
import type { Provider } from './provider.ts'

export type ReservedKind = 'role' | 'database' | 'schema' | 'extension' | 'tablespace'

/**
 * Whether that name belongs to the provider, or to PostgreSQL itself: such a thing never travels and is never altered.
 * PostgreSQL's own everywhere are roles, schemas and tablespaces that start with `pg_` (the server refuses to make others, user.c and
 * schemacmds.c), `information_schema` and the template databases of initdb. Names are compared as they stand in the catalogs.
 */
export function isReserved(provider: Provider, kind: ReservedKind, name: string): boolean {
  return isPostgresOwn(kind, name) || namesOf(provider, kind).some((pattern) => matches(pattern, name))
}

/** The provider's reserved names of one kind, as patterns: `*` at the end stands for any ending. */
function namesOf(provider: Provider, kind: ReservedKind): readonly string[] {
  switch (kind) {
    case 'role':
      return provider.reserved.roles
    case 'database':
      return provider.reserved.databases
    case 'schema':
      return provider.reserved.schemas
    case 'extension':
      return provider.reserved.extensions
    case 'tablespace':
      return provider.reserved.tablespaces
    default:
      return unreachable(kind)
  }
}

function isPostgresOwn(kind: ReservedKind, name: string): boolean {
  switch (kind) {
    case 'role':
    case 'tablespace':
      return name.startsWith('pg_')
    case 'schema':
      return name.startsWith('pg_') || name === 'information_schema'
    case 'database':
      return name === 'template0' || name === 'template1'
    case 'extension':
      return false
    default:
      return unreachable(kind)
  }
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
