/**
 * Which types may travel in COPY's binary format (D4): those whose send and receive functions
 * (src/backend/utils/adt) write the same bytes in every major from 10 on and put no OID of a user's object in them.
 *
 * Left out on purpose, so that they travel as text, as pg_dump would send them:
 * - composite types (record_send writes the type OID of each column) and arrays of anything but a built-in type
 *   (array_send writes the element's OID, which is stable for built-in types only, the domains of information_schema aside);
 * - regclass and its kin: their binary form is a bare OID, their text form a name;
 * - xml: xml_recv takes the encoding that the value itself declares for its bytes;
 * - tsquery: tsqueryrecv refuses the empty query that tsquerysend writes;
 * - aclitem, pg_node_tree and others without a receive function; txid_snapshot and pg_snapshot, whose text form is
 *   as short; int2vector, oidvector, refcursor, tid, cid, which no user's table needs to be fast at;
 * - whatever an extension defines;
 * - multiranges made by users: pg_range names them from PostgreSQL 14 on only, and they are rare.
 */
const FIXED_FORM = words(`
  bool int2 int4 int8 float4 float8 numeric money oid xid xid8 pg_lsn
  date time timetz timestamp timestamptz
  uuid bytea bit varbit char inet cidr macaddr macaddr8
  point line lseg box path polygon circle
  int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange`)

/**
 * Their binary form holds text in the client's encoding. Our sessions speak UTF8, so both ends agree; but a server
 * whose own encoding is another one would convert twice, and SQL_ASCII cannot convert at all. COPY's text format has an
 * ENCODING option for that, its binary format has none.
 */
const TEXT_FORM = words('text varchar bpchar name json jsonb jsonpath tsvector')

/** From this major on an interval may be infinite, in a form that older servers take for one of very many years. */
const INFINITE_INTERVALS = 17

/** A row of pg_type: `innerOid` is a domain's base type, a range's subtype or an array's element; 0 where there is none. */
export interface TypeRow {
  oid: number
  name: string
  /** pg_type.typtype. */
  kind: string
  builtIn: boolean
  innerOid: number
}

/** OIDs of the types, among `types`, that are safe to send in binary from a server of this major with this encoding. */
export function binarySafeTypes(
  types: readonly TypeRow[],
  { major, encoding }: { major: number; encoding: string },
): Set<number> {
  const byOid = new Map(types.map((type) => [type.oid, type]))
  const textIsSafe = encoding === 'UTF8'

  function isSafe(type: TypeRow | undefined): boolean {
    if (type === undefined) return false
    // An enum travels as its label; a domain as its base type; a range as flags and two values of its subtype.
    if (type.kind === 'e') return textIsSafe
    if (type.kind === 'd' || type.kind === 'r') return isSafe(byOid.get(type.innerOid))
    if (!type.builtIn) return false
    if (type.name === 'interval') return major < INFINITE_INTERVALS
    if (FIXED_FORM.has(type.name)) return true
    if (TEXT_FORM.has(type.name)) return textIsSafe
    // Built-in arrays, `_int4` and the like; int2vector and oidvector have elements too, and their own functions.
    const inner = byOid.get(type.innerOid)
    return type.name.startsWith('_') && inner !== undefined && inner.builtIn && inner.kind !== 'd' && isSafe(inner)
  }

  return new Set(types.filter(isSafe).map((type) => type.oid))
}

function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/))
}
