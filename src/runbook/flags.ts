import type { PlanOptions } from '../migrate/index.ts'

type Flagged = Omit<PlanOptions, 'source' | 'target' | 'onEvent' | 'signal'>

export type FlaggedCommand = 'check' | 'roles' | 'migrate' | 'online start'

interface Flag {
  /** The commands that take it. */
  of: readonly FlaggedCommand[]
  words: (options: Flagged) => string[]
}

const COPIES = ['migrate', 'online start'] as const

/** Each option that a plan can be made with, as words of a command line; the compiler finds one that is not here. */
const FLAGS: Readonly<Record<keyof Flagged, Flag>> = {
  include: { of: ['migrate'], words: ({ include }) => each('--include', include) },
  exclude: { of: ['migrate'], words: ({ exclude }) => each('--exclude', exclude) },
  excludeData: { of: ['migrate'], words: ({ excludeData }) => each('--exclude-data', excludeData) },
  jobs: { of: COPIES, words: ({ jobs }) => one('--jobs', jobs) },
  owners: { of: COPIES, words: ({ owners }) => (owners === 'skip' ? ['--no-owner'] : []) },
  privileges: { of: COPIES, words: ({ privileges }) => (privileges === 'skip' ? ['--no-privileges'] : []) },
  tablespaces: { of: COPIES, words: ({ tablespaces }) => (tablespaces === 'skip' ? ['--no-tablespaces'] : []) },
  roleMap: { of: ['roles', ...COPIES], words: ({ roleMap }) => each('--role-map', renamed(roleMap)) },
  tablespaceMap: {
    of: ['roles', 'migrate'],
    words: ({ tablespaceMap }) => each('--tablespace-map', renamed(tablespaceMap)),
  },
  partSize: { of: ['migrate'], words: ({ partSize }) => one('--part-size', partSize) },
  verify: { of: ['migrate'], words: ({ verify }) => one('--verify', verify) },
  sourceProvider: {
    of: ['check', 'roles', 'migrate'],
    words: ({ sourceProvider }) => one('--source-provider', sourceProvider),
  },
  targetProvider: {
    of: ['check', 'roles', 'migrate'],
    words: ({ targetProvider }) => one('--target-provider', targetProvider),
  },
  skipChecks: { of: ['migrate'], words: ({ skipChecks }) => each('--skip-check', skipChecks) },
  pgDump: { of: COPIES, words: ({ pgDump }) => one('--pg-dump', pgDump) },
}

/** The words of one command of the runbook. */
export type FlagsOf = (command: FlaggedCommand) => string[]

/** The options of a plan for the commands that do what was planned. Pure. */
export function flagsOf(options: Flagged): FlagsOf {
  return (command) => Object.values(FLAGS).flatMap(({ of, words }) => (of.includes(command) ? words(options) : []))
}

function one(flag: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [flag, String(value)]
}

function each(flag: string, values: readonly string[] = []): string[] {
  return values.flatMap((value) => [flag, value])
}

function renamed(map: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(map).map(([from, to]) => `${from}=${to}`)
}
