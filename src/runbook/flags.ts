import type { PlanOptions } from '../migrate/index.ts'

type Flagged = Omit<PlanOptions, 'source' | 'target' | 'onEvent' | 'signal'>

export type FlaggedCommand = 'check' | 'roles' | 'migrate' | 'online start' | 'verify'

interface Flag {
  /** The commands that take it. */
  of: readonly FlaggedCommand[]
  words: (options: Flagged, command: FlaggedCommand) => string[]
}

const COPIES = ['migrate', 'online start'] as const
/** A comparison with the choices of the copy. */
const AND_COMPARES = [...COPIES, 'verify'] as const

/** Each option that a plan can be made with, as words of a command line; the compiler finds one that is not here. */
const FLAGS: Readonly<Record<keyof Flagged, Flag>> = {
  include: { of: ['migrate', 'verify'], words: ({ include }) => each('--include', include) },
  exclude: { of: ['migrate', 'verify'], words: ({ exclude }) => each('--exclude', exclude) },
  excludeData: { of: ['migrate', 'verify'], words: ({ excludeData }) => each('--exclude-data', excludeData) },
  jobs: { of: COPIES, words: ({ jobs }) => one('--jobs', jobs) },
  owners: { of: AND_COMPARES, words: ({ owners }) => (owners === 'skip' ? ['--no-owner'] : []) },
  privileges: { of: AND_COMPARES, words: ({ privileges }) => (privileges === 'skip' ? ['--no-privileges'] : []) },
  tablespaces: { of: AND_COMPARES, words: ({ tablespaces }) => (tablespaces === 'skip' ? ['--no-tablespaces'] : []) },
  roleMap: { of: ['roles', ...AND_COMPARES], words: ({ roleMap }) => each('--role-map', renamed(roleMap)) },
  tablespaceMap: {
    of: ['roles', 'migrate', 'verify'],
    words: ({ tablespaceMap }) => each('--tablespace-map', renamed(tablespaceMap)),
  },
  partSize: { of: ['migrate'], words: ({ partSize }) => one('--part-size', partSize) },
  verify: { of: ['migrate', 'verify'], words: comparing },
  sourceProvider: {
    of: ['check', 'roles', 'migrate', 'verify'],
    words: ({ sourceProvider }) => one('--source-provider', sourceProvider),
  },
  targetProvider: {
    of: ['check', 'roles', 'migrate', 'verify'],
    words: ({ targetProvider }) => one('--target-provider', targetProvider),
  },
  skipChecks: { of: ['migrate'], words: ({ skipChecks }) => each('--skip-check', skipChecks) },
  pgDump: { of: AND_COMPARES, words: ({ pgDump }) => one('--pg-dump', pgDump) },
}

/** The words of one command of the runbook. */
export type FlagsOf = (command: FlaggedCommand) => string[]

/** The options of a plan for the commands that do what was planned. Pure. */
export function flagsOf(options: Flagged): FlagsOf {
  return (command) =>
    Object.values(FLAGS).flatMap(({ of, words }) => (of.includes(command) ? words(options, command) : []))
}

/** `verify` has its mode by another name; whoever wanted none at the end of the run and calls it has it compare all. */
function comparing({ verify }: Flagged, command: FlaggedCommand): string[] {
  if (command !== 'verify') return one('--verify', verify)
  return verify === 'counts' ? ['--mode', verify] : []
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
