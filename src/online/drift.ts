import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import { inTransaction } from './in-transaction.ts'

const FINGERPRINT = loadSql(import.meta.url, 'fingerprint.sql')

/** One object that DDL has changed on the side that is written to, since both sides had the same schema. */
export interface SchemaChange {
  change: 'added' | 'changed' | 'dropped'
  /** `table`, `column`, `owner and grants of` ... */
  kind: string
  /** As SQL writes it: `public.orders.total`, `orders_pkey on public.orders`. */
  name: string
}

/** One object, and a hash of all that it is made of; to be compared with those of the same server only. */
export interface SchemaObject {
  kind: string
  name: string
  hash: string
}

/** Objects that one INSERT carries. */
const CHUNK = 5_000

/** What a side's schema is made of now. */
export async function readSchema(session: Session): Promise<SchemaObject[]> {
  return session.query<SchemaObject>(FINGERPRINT)
}

/** Writes down what the side's schema is made of now, in place of what was known of it. `keeper` is a session on the target. */
export async function rememberSchema(side: Session, keeper: Session): Promise<void> {
  const objects = await readSchema(side)
  await inTransaction(keeper, async () => {
    await keeper.query('DELETE FROM pgleap_online.schema_object WHERE side = $1', [side.side])
    for (let at = 0; at < objects.length; at += CHUNK) {
      await keeper.query(
        `INSERT INTO pgleap_online.schema_object (side, kind, name, hash)
         SELECT $1, kind, name, hash FROM pg_catalog.jsonb_to_recordset($2::jsonb) AS o (kind text, name text, hash text)`,
        [side.side, JSON.stringify(objects.slice(at, at + CHUNK))],
      )
    }
  })
}

/**
 * What DDL has changed on the side that is written to since it was last the same as on the other. Reads catalogs alone and
 * takes no superuser; nobody is held up.
 */
export async function readDrift(active: Session, keeper: Session): Promise<SchemaChange[]> {
  const before = await keeper.query<SchemaObject>(
    'SELECT kind, name, hash FROM pgleap_online.schema_object WHERE side = $1',
    [active.side],
  )
  // A side that has never been written to: what it is now is what the other side has been compared with.
  if (before.length === 0) {
    await rememberSchema(active, keeper)
    return []
  }
  return changesBetween(before, await readSchema(active))
}

/** Pure: sorted by kind and name. */
export function changesBetween(before: readonly SchemaObject[], now: readonly SchemaObject[]): SchemaChange[] {
  const key = ({ kind, name }: SchemaObject) => `${kind} ${name}`
  const known = new Map(before.map((object) => [key(object), object]))
  const changes: SchemaChange[] = []
  for (const object of now) {
    const earlier = known.get(key(object))
    known.delete(key(object))
    if (earlier?.hash === object.hash) continue
    changes.push({ change: earlier === undefined ? 'added' : 'changed', kind: object.kind, name: object.name })
  }
  for (const { kind, name } of known.values()) changes.push({ change: 'dropped', kind, name })
  return changes.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `table public.orders (added)`. */
export function describeChange({ change, kind, name }: SchemaChange): string {
  return `${kind} ${name} (${change})`
}

const MOST_NAMED = 10

/**
 * Refuses where the schema of the side that is written to is not the one that the other side has: a stream does not carry DDL.
 *
 * @throws PgleapError `online.drift`, naming what has changed
 */
export async function assertNoDrift(active: Session, keeper: Session): Promise<void> {
  const changes = await readDrift(active, keeper)
  if (changes.length === 0) return
  throw new PgleapError({
    code: 'online.drift',
    message: `The schema of the ${active.side} was changed since the other side was made: ${namesOf(changes)}.`,
    hint: '`pgleap online sync-schema` shows what that takes on the other side; with --apply it does what can be done without a doubt.',
    party: active.side,
  })
}

/**
 * Refuses where the schema of the side that follows is not what it was when it was compared: what somebody drops or adds there
 * meanwhile, no comparison of rows shows.
 *
 * @throws PgleapError `online.drift`, naming what has changed
 */
export async function assertSameSchema(passive: Session, compared: readonly SchemaObject[]): Promise<void> {
  const changes = changesBetween(compared, await readSchema(passive))
  if (changes.length === 0) return
  throw new PgleapError({
    code: 'online.drift',
    message: `The schema of the ${passive.side} was changed after it was compared: ${namesOf(changes)}.`,
    hint: 'Writes go on where they went before. Run the same command again when nobody changes that side any more: it compares anew.',
    party: passive.side,
  })
}

function namesOf(changes: readonly SchemaChange[]): string {
  const more = changes.length - MOST_NAMED
  return `${changes.slice(0, MOST_NAMED).map(describeChange).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
}
