import { readLargeObjects } from '../catalog/index.ts'
import { endpoint } from '../migrate/index.ts'
import { recogniseProvider } from '../provider/index.ts'
import type { OnlinePlanReport } from '../report/index.ts'
import { formatDuration } from '../units.ts'
import { describeLargeObjects, expectedMsOf } from './large-objects.ts'
import type { OnlinePlanOptions } from './options.ts'
import { sidesOf } from './sides.ts'
import { readTableRules, type RuledTable } from './table-rules.ts'

/** What `start` would do with each table, and why; changes nothing on either server. */
export async function planOnline(options: OnlinePlanOptions): Promise<OnlinePlanReport> {
  const sides = sidesOf(options.source, options.target, options.signal)
  await using source = await sides.open('source', 'online plan')
  await using target = await sides.open('target', 'online plan')
  const provider = await recogniseProvider(source, sides.source.hosts[0]?.host)
  const { ruled, leftOut } = await readTableRules(source, { source: { major: source.major, provider }, target })
  return {
    source: endpoint(sides.source, source),
    target: endpoint(sides.target, target),
    tables: ruled.map(({ rule: { schema, name, rule, why }, bytes, change }) => ({
      table: `${schema}.${name}`,
      bytes,
      rule,
      why,
      ...(change === undefined ? {} : { change: change.sql }),
    })),
    others: [
      ...leftOut.map(({ schema, name, why }) => ({ what: `${schema}.${name}`, rule: why })),
      ...kinds(ruled, await readLargeObjects(source)),
    ],
  }
}

/** What holds whatever the tables are. */
function kinds(ruled: readonly RuledTable[], objects: { count: number; bytes: number }): OnlinePlanReport['others'] {
  const generated = ruled.filter((table) => table.generated === 'some').map(({ rule }) => `${rule.schema}.${rule.name}`)
  const alone = ruled
    .filter(({ rule }) => rule.rule === 'paused' && rule.truncate === undefined && rule.condition === undefined)
    .map(({ rule }) => `${rule.schema}.${rule.name}`)
  return [
    ...(generated.length === 0
      ? []
      : [{ what: 'generated columns', rule: `computed by either side itself (${generated.join(', ')})` }]),
    { what: 'sequences', rule: 'set in the pause, to where they stand then' },
    {
      what: 'large objects',
      rule:
        objects.count === 0
          ? 'none; copied in the pause where some are made'
          : `${describeLargeObjects(objects)}: copied anew in the pause where they were written to, in about ${formatDuration(expectedMsOf(objects))}`,
    },
    { what: 'partitions', rule: 'each streamed by itself, under its own name; new ones by `online sync-schema`' },
    {
      what: 'TRUNCATE',
      rule: `streamed with the rows${alone.length === 0 ? '' : `; of tables that are copied in the pause (${alone.join(', ')}) it comes with that copy`}`,
    },
    { what: 'changes of the schema', rule: 'not streamed: noticed, named, and brought over by `online sync-schema`' },
  ]
}
