import type { Measured } from './measure.ts'

export interface Run extends Measured {
  database: string
  contender: string
  kind: 'pgleap' | 'peer'
  command: string
}

/** One markdown table a database: medians of the rounds, and each pgleap row against the fastest peer and pgcopydb. */
export function markdown(runs: readonly Run[]): string {
  const databases = [...new Set(runs.map((run) => run.database))]
  return databases
    .map((database) =>
      tableOf(
        database,
        runs.filter((run) => run.database === database),
      ),
    )
    .join('\n')
}

function tableOf(database: string, runs: readonly Run[]): string {
  const summaries = [...new Set(runs.map((run) => run.contender))].map((contender) =>
    summarize(runs.filter((run) => run.contender === contender)),
  )
  const finished = summaries.filter((summary) => summary.failure === undefined)
  const bestPeer = Math.min(...finished.filter((summary) => summary.kind === 'peer').map((summary) => summary.wall))
  const copydbCpu = finished.find((summary) => summary.contender === 'pgcopydb')?.cpu
  const lines = summaries.map((summary) =>
    summary.failure === undefined
      ? `| ${summary.contender.replaceAll('|', '\\|')} | ${summary.rounds} | ${summary.wall.toFixed(1)} | ${ratio(summary.wall, bestPeer)} ` +
        `| ${summary.cpu.toFixed(1)} | ${ratio(summary.cpu, copydbCpu)} | ${(summary.peak / 1e6).toFixed(0)} |`
      : `| ${summary.contender.replaceAll('|', '\\|')} | failed: ${summary.failure.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').slice(-300)} | | | | | |`,
  )
  return [
    `## ${database}`,
    '',
    '| tool | rounds | wall, s | of the best peer | own CPU, s | of pgcopydb | peak memory, MB |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
    ...summaries.map((summary) => `- ${summary.contender}: \`${summary.command}\``),
    '',
  ].join('\n')
}

interface Summary {
  contender: string
  kind: Run['kind']
  command: string
  rounds: number
  wall: number
  cpu: number
  peak: number
  /** Set where any of its runs failed: then its times say nothing. */
  failure: string | undefined
}

function summarize(runs: readonly Run[]): Summary {
  const [first] = runs
  if (first === undefined) throw new Error('A contender without runs has no summary')
  return {
    contender: first.contender,
    kind: first.kind,
    command: first.command,
    rounds: runs.length,
    wall: median(runs.map((run) => run.wallSeconds)),
    cpu: median(runs.map((run) => run.cpuSeconds)),
    peak: Math.max(...runs.map((run) => run.peakBytes)),
    failure: runs.find((run) => run.failure !== undefined)?.failure,
  }
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined || !Number.isFinite(base) || base === 0 ? '' : (value / base).toFixed(2)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
