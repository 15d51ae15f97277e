const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes for people, in powers of 1024 as PostgreSQL's pg_size_pretty counts: `831 B`, `12.4 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? 'B'}`
}

/** Milliseconds for people: `340 ms`, `12.4 s`, `3 min 07 s`, `2 h 05 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${String(Math.floor(whole / 60))} min ${pad(whole % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${String(Math.floor(minutes / 60))} h ${pad(minutes % 60)} min`
}

/** Counts for people: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
