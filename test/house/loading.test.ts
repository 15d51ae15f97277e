import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The packages that are loaded before a line of the module runs; what is imported at run time is not among them. */
async function packagesOf(module: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [module],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'dist',
    write: false,
    metafile: true,
  })
  const packages = new Set<string>()
  const files = new Set([module])
  for (const file of files) {
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement' || path.startsWith('node:')) continue
      if (external === true) packages.add(path)
      else files.add(path)
    }
  }
  return [...packages].toSorted()
}

test('help, the version and mistakes of usage need one package alone', async () => {
  expect(await packagesOf('src/cli/main.ts')).toEqual(['commander'])
})

test.each(['check', 'globals', 'migrate', 'online', 'rehearse'])('%s loads no more than the protocol', async (room) => {
  expect(await packagesOf(`src/${room}/index.ts`)).toEqual(['pg'])
})
