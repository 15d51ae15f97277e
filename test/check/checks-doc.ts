import { allChecks, leftOut } from '../../src/check/index.ts'
import type { Check } from '../../src/check/index.ts'

const FAMILIES: Readonly<Record<string, string>> = {
  C: 'Connections, versions, topology',
  P: 'Server parameters',
  S: 'Source configuration',
  T: 'Target configuration',
  D: 'Databases, encodings, collations',
  R: 'Roles and globals',
  X: 'Extensions and languages',
  O: 'Objects that change or break',
  I: 'Replica identity and shape of the data',
  A: 'Applications and the cutover',
}

const HEAD = `<!-- Written by test/check/catalogue.test.ts; UPDATE_DOCS=1 npx vitest run test/check/catalogue.test.ts writes it anew. -->

# Checks

    pgleap check SOURCE TARGET
    pgleap check SOURCE --to 17

Looks at one or two servers for all that can stand in the way of a migration, and changes nothing: every session is read only, with
timeouts. Where a check has to try something out (a subscription, a right), it does so in a transaction that is rolled back. Without a target, what only the target can answer is skipped.

\`--path\` says which way to migrate is asked about: \`offline\` (the default), \`online\`, \`files\`, \`roles\`; it can be repeated. Checks of other ways
are skipped.

| severity | what it means                                                                   |
| -------- | ------------------------------------------------------------------------------- |
| block    | The migration would fail as a whole, or lose something unseen: \`check\` exits with 5 |
| error    | Some object would fail or be left behind, or somebody has to decide             |
| warning  | It works, and something is worth knowing before                                 |
| info     | Good to know                                                                    |

A check that cannot look (no right, a view that is not there) is UNKNOWN with the reason, and never passes. Where no finding blocks, but a check that may
block could not look, \`check\` exits with 7. \`--skip ID\` leaves a check out, which the report says.

## Fixes

Each finding says how to mend it. \`--fix-sql FILE\` writes all fixes that are SQL as a script for psql, grouped by server, each with what takes it back as a
comment, and the others as comments. Nothing in it runs unless a variable says which server it is on:

    psql -v source=1 -f fixes.sql SOURCE

## Waivers

A waiver says that a finding is known and does not count, until a day. \`--waivers FILE\` takes a list in YAML:

\`\`\`yaml
- id: O20
  object: large objects # as the report names it; * stands for any text, ? for a character; without it, every object
  reason: The old reports are not needed any more; agreed with the archive.
  until: 2026-12-31 # the last day on which it counts, UTC
\`\`\`

Waived findings stay in every report, as waived. A waiver that has ended silences nothing, and that is said; so is one that matches no finding.

## For machines

\`--json\` prints events and the whole report ([events.md](events.md)). \`--sarif FILE\` writes SARIF 2.1.0: a rule for each check, waived findings as
suppressed, UNKNOWN as a notification. \`--junit FILE\` writes a test case for each check: blocks and errors fail, UNKNOWN is an error, the rest is output. \`-\` for a file prints
it.
`

/** docs/checks.md as the code says it is. */
export function checksDoc(): string {
  const known = Object.entries(FAMILIES).flatMap(([letter, title]) => {
    const checks = allChecks.filter(({ id }) => id.startsWith(letter))
    return checks.length === 0 ? [] : [`## ${letter}: ${title}\n\n${table(CHECK_HEAD, checks.map(checkRow))}`]
  })
  const rows = leftOut
    .toSorted((a, b) => order(a.id) - order(b.id))
    .map(({ id, title, reason, note }) => [id, title, reason, note])
  const rest = `## What is not checked\n\nIds are never used twice; these entries of the catalogue are no checks.\n\n${table(['id', 'what', 'why not', 'instead'], rows)}`
  return `${HEAD}\n${[...known, rest].join('\n\n')}\n`
}

const CHECK_HEAD = ['id', 'what has to be true', 'severity', 'ways']

function checkRow({ id, title, severity, paths }: Check): string[] {
  return [id, title, severity, paths.join(', ')]
}

function order(id: string): number {
  return Object.keys(FAMILIES).indexOf(id.charAt(0)) * 100 + Number(id.slice(1))
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`).join('\n')
}
