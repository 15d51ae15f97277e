// Builds dist/ of src/: one file for the command and one for the library, with what they share, since hundreds of small modules
// take a second to load; the types; and the .sql files, which are read at run time from where they lie in src/.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })

/** A module's `import.meta.url` stays what it would be as a file of its own: files are found from there. */
const ownUrls = {
  name: 'own-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const file = `./${relative(`${root}src`, path).replaceAll('\\', '/').replace(/\.ts$/u, '.js')}`
      const url = `new URL(${JSON.stringify(file)}, import.meta.url).href`
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' }
    })
  },
}
const common = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  outdir: 'dist',
}
await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts', index: 'src/index.ts' },
  splitting: true,
  plugins: [ownUrls],
})
await build({ ...common, entryPoints: { 'pgdump/worker': 'src/pgdump/worker.ts' } })
cpSync(`${root}src`, `${root}dist`, {
  recursive: true,
  filter: (path) => extname(path) === '' || extname(path) === '.sql',
})
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
