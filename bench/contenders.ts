import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The shell words that a contender's command is made of. */
interface Words {
  source: string
  target: string
  jobs: number
  /** An empty folder, for this run alone. */
  folder: string
  /** Absolute path of a program. */
  program: (name: Program) => string
}

export interface Contender {
  /** For --only. */
  id: string
  name: string
  /** A peer's time is what the others are compared to. */
  kind: 'pgleap' | 'peer'
  /** What is measured: a copy from server to server, or one half of a way through files. */
  what: 'copy' | 'dump' | 'restore'
  needs: Program[]
  command: (words: Words) => string
  /** What has to be there before, and is not measured. */
  before?: (words: Words) => string
}

type Program = 'pgleap' | 'pg_dump' | 'pg_restore' | 'psql' | 'pgcopydb'

const PGLEAP = fileURLToPath(new URL('../bin/pgleap', import.meta.url))

export const CONTENDERS: readonly Contender[] = [
  {
    id: 'pgleap',
    name: 'pgleap',
    kind: 'pgleap',
    what: 'copy',
    needs: ['pgleap'],
    command: ({ source, target, jobs, program }) =>
      `${program('pgleap')} migrate ${source} ${target} --jobs ${jobs} --verify none`,
  },
  {
    id: 'pgleap-verified',
    name: 'pgleap with verification',
    kind: 'pgleap',
    what: 'copy',
    needs: ['pgleap'],
    command: ({ source, target, jobs, program }) =>
      `${program('pgleap')} migrate ${source} ${target} --jobs ${jobs} --verify full`,
  },
  {
    id: 'pgcopydb',
    name: 'pgcopydb',
    kind: 'peer',
    what: 'copy',
    needs: ['pgcopydb'],
    command: ({ source, target, jobs, folder, program }) =>
      `${program('pgcopydb')} clone --source ${source} --target ${target} --dir ${folder}/pgcopydb ` +
      `--table-jobs ${jobs} --index-jobs ${jobs} --large-objects-jobs ${jobs} --fail-fast`,
  },
  {
    id: 'directory-lz4',
    name: 'pg_dump -Fd, lz4',
    kind: 'peer',
    what: 'copy',
    needs: ['pg_dump', 'pg_restore'],
    command: (words) => directoryFormat(words, 'lz4'),
  },
  {
    id: 'directory',
    name: 'pg_dump -Fd, none',
    kind: 'peer',
    what: 'copy',
    needs: ['pg_dump', 'pg_restore'],
    command: (words) => directoryFormat(words, 'none'),
  },
  {
    id: 'custom',
    name: 'pg_dump -Fc | pg_restore',
    kind: 'peer',
    what: 'copy',
    needs: ['pg_dump', 'pg_restore'],
    command: (words) => customFormat(words, '--compress=none'),
  },
  {
    id: 'custom-gzip',
    name: 'pg_dump -Fc (gzip) | pg_restore',
    kind: 'peer',
    what: 'copy',
    needs: ['pg_dump', 'pg_restore'],
    command: (words) => customFormat(words, '--compress=gzip'),
  },
  {
    id: 'psql',
    name: 'pg_dump | psql',
    kind: 'peer',
    what: 'copy',
    needs: ['pg_dump', 'psql'],
    command: ({ source, target, program }) =>
      `${program('pg_dump')} -d ${source} | ${program('psql')} -X -q -v ON_ERROR_STOP=1 -o /dev/null -d ${target}`,
  },
  ...(['lz4', 'gzip', 'zstd'] as const).flatMap((compression): Contender[] => [
    {
      id: `pgleap-dump-${compression}`,
      name: `pgleap dump, ${compression}`,
      kind: 'pgleap',
      what: 'dump',
      needs: ['pgleap'],
      command: (words) => pgleapDump(words, compression, '--no-hashes'),
    },
    {
      id: `pgleap-dump-hashes-${compression}`,
      name: `pgleap dump with hashes, ${compression}`,
      kind: 'pgleap',
      what: 'dump',
      needs: ['pgleap'],
      command: (words) => pgleapDump(words, compression, ''),
    },
    {
      id: `pgleap-dump-binary-${compression}`,
      name: `pgleap dump --rows binary, ${compression}`,
      kind: 'pgleap',
      what: 'dump',
      needs: ['pgleap'],
      command: (words) => pgleapDump(words, compression, '--no-hashes --rows binary'),
    },
    {
      id: `pg_dump-${compression}`,
      name: `pg_dump -Fd, ${compression}`,
      kind: 'peer',
      what: 'dump',
      needs: ['pg_dump'],
      command: (words) => directoryDump(words, compression),
    },
    {
      id: `pgleap-restore-${compression}`,
      name: `pgleap restore, ${compression}`,
      kind: 'pgleap',
      what: 'restore',
      needs: ['pgleap'],
      before: (words) => pgleapDump(words, compression, '--no-hashes'),
      command: (words) => pgleapRestore(words),
    },
    {
      id: `pgleap-restore-binary-${compression}`,
      name: `pgleap restore of --rows binary, ${compression}`,
      kind: 'pgleap',
      what: 'restore',
      needs: ['pgleap'],
      before: (words) => pgleapDump(words, compression, '--no-hashes --rows binary'),
      command: (words) => pgleapRestore(words),
    },
    {
      id: `pg_restore-${compression}`,
      name: `pg_restore, ${compression}`,
      kind: 'peer',
      what: 'restore',
      needs: ['pg_dump', 'pg_restore'],
      before: (words) => directoryDump(words, compression),
      command: (words) => directoryRestore(words),
    },
    {
      id: `pg_restore-analyze-${compression}`,
      name: `pg_restore, then ANALYZE, ${compression}`,
      kind: 'peer',
      what: 'restore',
      needs: ['pg_dump', 'pg_restore', 'psql'],
      before: (words) => directoryDump(words, compression),
      // As its documentation asks for, and as pgleap does.
      command: (words) => `${directoryRestore(words)} && ${words.program('psql')} -X -q -d ${words.target} -c ANALYZE`,
    },
  ]),
]

function pgleapDump({ source, jobs, folder, program }: Words, compression: string, hashes: string): string {
  return `${program('pgleap')} dump ${source} ${folder}/dump --jobs ${jobs} --compress ${compression} ${hashes}`.trim()
}

function pgleapRestore({ target, jobs, folder, program }: Words): string {
  return `${program('pgleap')} restore ${folder}/dump ${target} --jobs ${jobs} --verify none`
}

function directoryDump({ source, jobs, folder, program }: Words, compression: string): string {
  return `${program('pg_dump')} -Fd -j ${jobs} --compress=${compression} -f ${folder}/dump -d ${source}`
}

function directoryRestore({ target, jobs, folder, program }: Words): string {
  return `${program('pg_restore')} -j ${jobs} --exit-on-error -d ${target} ${folder}/dump`
}

function directoryFormat(words: Words, compression: 'lz4' | 'none'): string {
  return `${directoryDump(words, compression)} && ${directoryRestore(words)}`
}

function customFormat({ source, target, program }: Words, compress: string): string {
  return `${program('pg_dump')} -Fc ${compress} -d ${source} | ${program('pg_restore')} --exit-on-error -d ${target}`
}

/**
 * Where a program is: in the folders of PGLEAP_BENCH_PEERS, then in those of PATH; with the target's major in its name
 * (`pg_dump17`) or without. PostgreSQL's own tools must be of the target's major or newer, which is the caller's care.
 */
export function findProgram(name: Program, major: number): string | undefined {
  if (name === 'pgleap') return PGLEAP
  const folders = [process.env['PGLEAP_BENCH_PEERS'], process.env['PATH']].flatMap(
    (list) => list?.split(delimiter) ?? [],
  )
  return folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => [join(folder, `${name}${major}`), join(folder, name)])
    .find((file) => isExecutable(file))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
