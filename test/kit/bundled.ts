import { mkdtempSync, readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import { runDirectory } from './run-directory.ts'

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))
const files = new Map<string, Promise<string>>()

/**
 * One file that does what a TypeScript program of the tests does, for `spawn(process.execPath, [await bundled(program)])`:
 * to compile pgleap module by module takes a process three seconds. Made once for a test file, and anew for the next.
 */
export function bundled(program: string): Promise<string> {
  const file = files.get(program) ?? bundle(program)
  files.set(program, file)
  return file
}

async function bundle(program: string): Promise<string> {
  const folder = mkdtempSync(join(runDirectory(), 'program-'))
  // Packages are looked for from where the file lies.
  await symlink(PACKAGES, join(folder, 'node_modules'))
  const outfile = join(folder, `${basename(program, '.ts')}.mjs`)
  const common = { bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm' } as const
  await esbuild.build({ ...common, entryPoints: [program], outfile, plugins: [ownPlaces] })
  return outfile
}

/** A module finds the files next to it, such as `.sql`, where they are. */
const ownPlaces: esbuild.Plugin = {
  name: 'own-places',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
    }))
  },
}
