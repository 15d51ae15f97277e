import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startServer } from '../test/kit/index.ts'
import { CONTENDERS, type Contender, findProgram } from './contenders.ts'
import {
  DATABASES,
  type DatabaseName,
  checkpoint,
  ensureDatabase,
  freshTarget,
  inventory,
  withClient,
} from './databases.ts'
import { measure } from './measure.ts'
import { type Run, markdown } from './table.ts'

const HELP = `npm run bench -- [options]

Copies generated databases from PostgreSQL 14 to 17 with pgleap and with every other tool that is found, in turns, and
prints medians as markdown. Other tools are looked for in PGLEAP_BENCH_PEERS (folders, like PATH) and in PATH.

  --databases LIST  of ${Object.keys(DATABASES).join(', ')} (default: pgbench,mixed)
  --what STAGE      copy (default), or half of a way through files: dump, restore
  --only LIST       of ${CONTENDERS.map(({ id }) => id).join(', ')} (default: all that are found)
  --rounds N        runs of each contender on each database (default 3)
  --jobs N          for the tools that take it (default: number of cores)
  --limit SECONDS   after which a run is ended and counts as failed (default 600)
  --source URL      superuser's address of a server to use in place of an own one; made databases stay there
  --target URL      the same for the target; its database bench_target is dropped and made for each run
`

/** A production server's settings where they matter here; the same for everyone. */
const SETTINGS = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'logical',
  shared_buffers: '512MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '8GB',
  max_connections: '200',
  max_locks_per_transaction: '256',
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      databases: { type: 'string', default: 'pgbench,mixed' },
      what: { type: 'string', default: 'copy' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      jobs: { type: 'string', default: String(cpus().length) },
      limit: { type: 'string', default: '600' },
      source: { type: 'string' },
      target: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(HELP)

  await using ownSource = values.source === undefined ? await startServer({ major: 14, settings: SETTINGS }) : undefined
  await using ownTarget = values.target === undefined ? await startServer({ major: 17, settings: SETTINGS }) : undefined
  const source = values.source ?? ownSource?.url() ?? ''
  const target = values.target ?? ownTarget?.url() ?? ''
  const databases = values.databases.split(',').map((name) => databaseName(name))
  const [sourceVersion, targetVersion] = [await serverVersion(source), await serverVersion(target)]
  const contenders = findContenders(values.what, values.only?.split(','), Number.parseInt(targetVersion))
  const urls = new Map<DatabaseName, string>()
  for (const name of databases) {
    progress(`making ${name}`)
    urls.set(name, await ensureDatabase(source, name))
  }

  const runs: Run[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [database, sourceUrl] of urls) {
      // Each round starts with another contender, so that none always runs on warm or cold caches.
      for (let turn = 0; turn < contenders.length; turn++) {
        const contender = contenders[(turn + round) % contenders.length]
        if (contender === undefined) continue
        const targetUrl = await freshTarget(target)
        await checkpoint(source)
        await checkpoint(target)
        const run = await runOnce({
          contender,
          database,
          sourceUrl,
          targetUrl,
          jobs: Number(values.jobs),
          limitSeconds: Number(values.limit),
          major: Number.parseInt(targetVersion),
        })
        runs.push(run)
        progress(
          `round ${round + 1}, ${database}, ${contender.name}: ${run.wallSeconds.toFixed(1)} s, CPU ${run.cpuSeconds.toFixed(1)} s, ` +
            `${(run.peakBytes / 1e6).toFixed(0)} MB${run.failure === undefined ? '' : `, FAILED ${run.failure}`}`,
        )
      }
    }
  }
  console.log(
    `PostgreSQL ${sourceVersion} to ${targetVersion}, ${cpus().length} cores (${cpus()[0]?.model}), ` +
      `${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, ${values.jobs} jobs\n`,
  )
  console.log(markdown(runs))
  if (runs.some((run) => run.failure !== undefined)) process.exitCode = 1
}

interface Turn {
  contender: Contender
  database: DatabaseName
  sourceUrl: string
  targetUrl: string
  jobs: number
  limitSeconds: number
  major: number
}

async function runOnce({ contender, database, sourceUrl, targetUrl, jobs, limitSeconds, major }: Turn): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-bench-'))
  const words = { jobs, program: (name: Parameters<typeof findProgram>[0]) => findProgram(name, major) ?? name }
  try {
    const real = { ...words, source: sourceUrl, target: targetUrl, folder }
    const env = { ...process.env, PGOPTIONS: '-c synchronous_commit=off' }
    const before = contender.before?.(real)
    if (before !== undefined) execFileSync('bash', ['-c', before], { stdio: 'ignore' })
    // Nobody waits for the disk at each of many small commits: pgleap and pgcopydb ask for that by themselves.
    const measured = await measure(contender.command(real), env, limitSeconds)
    if (measured.failure === undefined && contender.what !== 'dump')
      measured.failure = await difference(sourceUrl, targetUrl)
    return {
      ...measured,
      database,
      contender: contender.name,
      kind: contender.kind,
      command: contender.command({
        jobs,
        source: '$SOURCE',
        target: '$TARGET',
        folder: '$FOLDER',
        program: (name) => name,
      }),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A copy that lacks something was not fast. */
async function difference(sourceUrl: string, targetUrl: string): Promise<string | undefined> {
  const [expected, found] = [await inventory(sourceUrl), await inventory(targetUrl)]
  if (expected === found) return undefined
  const lines = new Set(expected.split('\n'))
  return `the copy differs: ${found
    .split('\n')
    .filter((line) => !lines.has(line))
    .join(', ')}`
}

function findContenders(what: string, only: string[] | undefined, major: number): Contender[] {
  const unknown = only?.find((id) => CONTENDERS.every((contender) => contender.id !== id))
  if (unknown !== undefined) throw new Error(`There is no contender ${unknown} here. ${HELP}`)
  return CONTENDERS.filter(({ id, name, needs, what: stage }) => {
    if (stage !== what) return false
    if (only !== undefined && !only.includes(id)) return false
    const missing = needs.filter((program) => findProgram(program, major) === undefined)
    if (missing.length > 0) progress(`left out, because ${missing.join(', ')} is not found: ${name}`)
    return missing.length === 0
  })
}

function databaseName(name: string): DatabaseName {
  if (!isDatabaseName(name)) throw new Error(`There is no database ${name} here. ${HELP}`)
  return name
}

function isDatabaseName(name: string): name is DatabaseName {
  return name in DATABASES
}

async function serverVersion(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)
    return rows[0]?.version ?? ''
  })
}

/** Progress goes to stderr, so that stdout is the table alone. */
function progress(line: string): void {
  console.error(line)
}

await main()
