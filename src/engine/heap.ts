/** A binary heap of step positions: `pop` gives the one that comes before all others, in O(log n). */
export class Heap {
  readonly #items: number[] = []
  readonly #before: (a: number, b: number) => boolean

  constructor(before: (a: number, b: number) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  peek(): number | undefined {
    return this.#items[0]
  }

  push(item: number): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = items[above] ?? 0
      if (!this.#before(item, parent)) break
      items[at] = parent
      at = above
    }
    items[at] = item
  }

  pop(): number | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length === 0 || last === undefined) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#before(items[child + 1] ?? 0, items[child] ?? 0)) child += 1
      const lower = items[child] ?? 0
      if (!this.#before(lower, last)) break
      items[at] = lower
      at = child
    }
    items[at] = last
    return top
  }
}
