/** What is known of a major version when this version of pgleap was made (postgresql.org/support/versioning). */
export interface Release {
  major: number
  /** The newest minor release then. */
  minor: number
  /** The last day with fixes. */
  endOfLife: string
}

export const releases: readonly Release[] = [
  { major: 10, minor: 23, endOfLife: '2022-11-10' },
  { major: 11, minor: 22, endOfLife: '2023-11-09' },
  { major: 12, minor: 22, endOfLife: '2024-11-21' },
  { major: 13, minor: 23, endOfLife: '2025-11-13' },
  { major: 14, minor: 23, endOfLife: '2026-11-12' },
  { major: 15, minor: 18, endOfLife: '2027-11-11' },
  { major: 16, minor: 14, endOfLife: '2028-11-09' },
  { major: 17, minor: 10, endOfLife: '2029-11-08' },
  { major: 18, minor: 4, endOfLife: '2030-11-14' },
]

/** Minor releases that should not be migrated with, from `first` to `last`, by the notes of the release that mends them. */
export interface BadRelease {
  major: number
  first: number
  last: number
  why: string
}

export const badReleases: readonly BadRelease[] = [
  {
    major: 14,
    first: 0,
    last: 3,
    why: 'CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY may have made indexes that lack rows (mended in 14.4)',
  },
  ...[
    { major: 13, first: 17, last: 17 },
    { major: 14, first: 14, last: 14 },
    { major: 15, first: 9, last: 9 },
    { major: 16, first: 5, last: 5 },
    { major: 17, first: 1, last: 1 },
  ].map((range) => ({
    ...range,
    why: 'ALTER ROLE ... SET role has no effect, and extensions made for other minor releases may crash (mended a week later)',
  })),
]
