/** In what PostgreSQL writes it: each unit as so many of the base unit, the larger ones first (guc.c, conversion tables). */
const LARGER: Readonly<Record<string, readonly (readonly [unit: string, size: number])[]>> = {
  bytes: [
    ['TB', 1024 ** 4],
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
    ['kB', 1024],
    ['B', 1],
  ],
  ms: [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ],
}

const BASES: Readonly<Record<string, { of: 'bytes' | 'ms'; size: number }>> = {
  ms: { of: 'ms', size: 1 },
  s: { of: 'ms', size: 1_000 },
  min: { of: 'ms', size: 60_000 },
}

/** A parameter's value as one would write it in postgresql.conf: `128MB` for 16384 of the unit `8kB`. Quoted where it is empty. */
export function parameterValue({ value, unit }: { value: string | null; unit: string | null }): string {
  if (value === null || value === '') return "''"
  const count = Number(value)
  const base = unit === null ? undefined : (BASES[unit] ?? bytesOf(unit))
  // Values like -1 and 0 are words: no unit makes them clearer.
  if (base === undefined || !Number.isFinite(count) || count <= 0) return value
  const total = count * base.size
  const [name, size] = LARGER[base.of]?.find(([, one]) => total % one === 0) ?? ['', 1]
  return base.of === 'ms' && !Number.isInteger(total) ? `${value}${unit ?? ''}` : `${String(total / size)}${name}`
}

/** `8kB`, `MB`, `B`, `16MB`. */
function bytesOf(unit: string): { of: 'bytes'; size: number } | undefined {
  const [, count = '', name = ''] = /^(\d*)(B|kB|MB|GB|TB)$/u.exec(unit) ?? []
  const size = LARGER['bytes']?.find(([known]) => known === name)?.[1]
  return size === undefined ? undefined : { of: 'bytes', size: size * (count === '' ? 1 : Number(count)) }
}
