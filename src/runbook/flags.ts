import type { RunbookOptions } from './options.ts'
import type { Way } from './recommend.ts'

/** The options of the plan as words of `migrate` or `online start`, which take the same ones. Pure. */
export function flagsOf(options: RunbookOptions, way: Way): string[] {
  const common = [
    ...(options.jobs === undefined ? [] : ['--jobs', String(options.jobs)]),
    ...(options.owners === 'skip' ? ['--no-owner'] : []),
    ...(options.privileges === 'skip' ? ['--no-privileges'] : []),
    ...(options.tablespaces === 'skip' ? ['--no-tablespaces'] : []),
    ...each('--role-map', renamed(options.roleMap)),
    ...(options.pgDump === undefined ? [] : ['--pg-dump', options.pgDump]),
  ]
  if (way === 'online') return common
  return [
    ...each('--include', options.include),
    ...each('--exclude', options.exclude),
    ...each('--exclude-data', options.excludeData),
    ...common,
    ...each('--tablespace-map', renamed(options.tablespaceMap)),
    ...(options.partSize === undefined ? [] : ['--part-size', `${String(options.partSize)}B`]),
    ...(options.verify === undefined ? [] : ['--verify', options.verify]),
  ]
}

function each(flag: string, values: readonly string[] = []): string[] {
  return values.flatMap((value) => [flag, value])
}

function renamed(map: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(map).map(([from, to]) => `${from}=${to}`)
}
