import type { Entry } from '../../archive/index.ts'
import { readSequences } from '../../catalog/index.ts'
import type { Session } from '../../connection/index.ts'
import { readSequenceStates, type SequenceState } from '../../copy/index.ts'
import { PgleapError } from '../../errors.ts'
import type { ObjectVerdict } from '../../verify/index.ts'

/** Compares where sequences stand with the archive's SEQUENCE SET entries, which are exact. */
export async function compareSequences(target: Session, entries: readonly Entry[]): Promise<ObjectVerdict[]> {
  return compareStates(target, entries.flatMap(sequenceSet))
}

export async function compareStates(target: Session, expected: readonly SequenceState[]): Promise<ObjectVerdict[]> {
  const there = new Set((await readSequences(target)).map(({ schema, name }) => `${schema}.${name}`))
  const known = expected.filter((sequence) => there.has(labelOf(sequence)))
  let found: Map<string, SequenceState>
  try {
    found = new Map((await readSequenceStates(target, known)).map((state) => [labelOf(state), state]))
  } catch (error) {
    if (!(error instanceof PgleapError) || target.broken) throw error
    return [{ object: 'all of them', kind: 'sequence', verdict: 'UNKNOWN', detail: error.message }]
  }
  return expected.map((wanted) => {
    const object = labelOf(wanted)
    const state = found.get(object)
    if (state === undefined) return { object, kind: 'sequence', verdict: 'DIFFERENT', detail: 'missing on the target' }
    if (state.lastValue === wanted.lastValue && state.isCalled === wanted.isCalled) {
      return { object, kind: 'sequence', verdict: 'SAME' }
    }
    return {
      object,
      kind: 'sequence',
      verdict: 'DIFFERENT',
      detail: `${describe(wanted)} in the archive, ${describe(state)} on the target`,
    }
  })
}

/** `SELECT pg_catalog.setval('public.orders_id_seq', 42, true);` (pg_dump.c, dumpSequenceData) */
function sequenceSet({ desc, namespace, tag, defn }: Entry): SequenceState[] {
  if (desc !== 'SEQUENCE SET') return []
  const [, lastValue, isCalled] = /, (-?\d+), (true|false)\);\s*$/.exec(defn) ?? []
  if (lastValue === undefined) return []
  return [{ schema: namespace ?? '', name: tag, lastValue, isCalled: isCalled === 'true' }]
}

function labelOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}

function describe({ lastValue, isCalled }: SequenceState): string {
  return `${lastValue} (${isCalled ? 'used' : 'not used yet'})`
}
