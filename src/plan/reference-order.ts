/** By OID: the tables whose rows have to be there before. */
export type References = ReadonlyMap<number, readonly number[]>

/**
 * The items, those that others need before these, and otherwise in the order that they have, as pg_dump sorts (TopoSort in
 * pg_dump_sort.c): from the end, each time the last one of which every item that needs it has its place. Items that need
 * each other in a circle, which no order helps, come first. Pure.
 */
export function referencedFirst<T>(
  items: readonly T[],
  { oidOf, references }: { oidOf: (item: T) => number; references: References },
): T[] {
  if (references.size === 0) return [...items]
  const places = new Map(items.map((item, place) => [oidOf(item), place]))
  const needs = items.map((item) => (references.get(oidOf(item)) ?? []).flatMap((oid) => places.get(oid) ?? []))
  const neededBy = items.map(() => 0)
  for (const place of needs.flat()) neededBy[place] = (neededBy[place] ?? 0) + 1

  const fromTheEnd = new Set<number>()
  for (let at = items.length - 1; at >= 0; at -= 1) {
    // Free now; and those behind that were passed over, since this one needs them.
    const free = neededBy[at] === 0 ? [at] : []
    for (let place = free.pop(); place !== undefined; place = free.pop()) {
      fromTheEnd.add(place)
      for (const need of needs[place] ?? []) {
        neededBy[need] = (neededBy[need] ?? 0) - 1
        if (neededBy[need] === 0 && need > at) free.push(need)
      }
      free.sort((one, other) => one - other)
    }
  }
  const inCircles = [...items.keys()].filter((place) => !fromTheEnd.has(place))
  return [...inCircles, ...[...fromTheEnd].toReversed()].flatMap((place) => items[place] ?? [])
}
