import { type Entry, isAboutDatabase } from '../../src/archive/index.ts'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { dumpSchema } from '../../src/pgdump/index.ts'

/** A dump as text, one item an object, in an order that does not depend on object ids. */
export async function dumpOf(url: string): Promise<DumpItem[]> {
  const source = parseConnection(url)
  const archive = await dumpSchema({
    source,
    open: (signal) => connect(source, { side: 'source', purpose: 'pg_dump', signal }),
  })
  return archive.entries
    .filter((entry) => entry.section !== 'none' || entry.desc !== 'ENCODING')
    .filter((entry) => !isAboutDatabase(entry))
    .map((entry) => ({ entry, name: nameOf(entry), text: textOf(entry) }))
    .toSorted((a, b) => (a.name + a.text < b.name + b.text ? -1 : 1))
}

export interface DumpItem {
  entry: Entry
  name: string
  text: string
}

function nameOf({ desc, namespace, tag }: Entry): string {
  return [desc, namespace ?? '-', tag].join(' ')
}

function textOf({ owner, tablespace, tableAccessMethod, defn }: Entry): string {
  return `-- owner ${owner ?? '-'}, tablespace ${tablespace ?? '-'}, access method ${tableAccessMethod ?? '-'}\n${defn}`
}

/**
 * How one pg_dump writes one object on two majors. Rougher than the verifier's rules on purpose: they were found apart
 * from each other, by restoring the demo with psql on each major and dumping it again.
 */
interface KnownDifference {
  why: string
  between: (source: number, target: number) => boolean
  about: RegExp
  /** Applied to both sides; undefined leaves the object out. */
  rewrite: (text: string) => string | undefined
}

const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why: 'a table that joined its parent later is made anew with the inherited columns first',
    between: () => true,
    about: /^TABLE odd child_by_alter$/,
    rewrite: (text) => text.split('\n').toSorted().join('\n').replaceAll(',', ''),
  },
  {
    why: 'PUBLIC may create in schema public before 15, and whether that is written depends on the major',
    between: (source, target) => source < 15 || target < 15,
    about: /^ACL - SCHEMA public$/,
    rewrite: () => undefined,
  },
  {
    why: 'multirange types came with 14',
    between: (source, target) => source < 14 && target >= 14,
    about: /^TYPE /,
    rewrite: (text) => text.replaceAll(/^ +multirange_type_name = .*\n/gm, ''),
  },
  {
    why: 'from 16 on a query over one relation does not name it before its columns',
    between: (source, target) => source < 16 && target >= 16,
    about: /^(?:VIEW|MATERIALIZED VIEW|RULE|FUNCTION) /,
    rewrite: (text) => text.replaceAll(/(?:"(?:[^"]|"")+"|\b[a-z_]\w*)\.(?=["a-z_])/g, ''),
  },
  {
    why: 'the privilege MAINTAIN came with 17, so ALL means more, and an owner without privileges keeps that one',
    between: (source, target) => source < 17 && target >= 17,
    about: /^ACL shop TABLE fired$/,
    rewrite: (text) =>
      text
        .replace(/^GRANT MAINTAIN .*\n?/m, '')
        .replace('SELECT,INSERT,REFERENCES,DELETE,TRIGGER,TRUNCATE,UPDATE', 'ALL')
        .trim(),
  },
  {
    why: 'from 18 on NOT NULL constraints have names, and those that 18 would choose otherwise are written',
    between: (source, target) => source < 18 && target >= 18,
    about: /^(?:FOREIGN )?TABLE /,
    rewrite: (text) => text.replaceAll(/ CONSTRAINT (?:"(?:[^"]|"")+"|\w+) NOT NULL/g, ' NOT NULL'),
  },
]

/** The two dumps' lines that no known difference explains: equal lists mean equal dumps. */
export function explained(items: readonly DumpItem[], source: number, target: number): string[] {
  const rules = KNOWN_DIFFERENCES.filter(({ between }) => between(source, target))
  return items
    .flatMap(({ name, text }) => {
      let rewritten: string | undefined = text
      for (const rule of rules) {
        if (rewritten !== undefined && rule.about.test(name)) rewritten = rule.rewrite(rewritten)
      }
      return rewritten === undefined ? [] : [`${name}\n${rewritten}`]
    })
    .toSorted()
}
