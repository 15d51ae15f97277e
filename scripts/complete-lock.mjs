// Adds to package-lock.json the optional packages of other platforms that npm could not look at when it wrote the file:
// it leaves such packages out, and then `npm ci` refuses the file on every platform. Run it after `npm install`;
// with `--check` it changes nothing and fails where something is missing.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))

const OS = { windows: 'win32' }
const ONLY = { fsevents: ['darwin'] }
const NAME =
  /(darwin|linux|windows|win32|freebsd|openbsd|netbsd|android|openharmony|sunos|aix)-([a-z]+\d*[a-z]?)(?:-(gnu|musl))?/

const major = (version) => version.replace(/^\D*/, '').split('.')[0]
const satisfies = (version, range) => (/^[~^]/.test(range) ? major(version) === major(range) : version === range)

/** Where node looks for a package that the one at `parent` asks for, nearest first. */
function places(parent, name) {
  const found = [`${parent}/node_modules/${name}`]
  for (let at = parent.lastIndexOf('node_modules/'); at > 0; at = parent.lastIndexOf('node_modules/', at - 1)) {
    found.push(`${parent.slice(0, at)}node_modules/${name}`)
  }
  return [...new Set([...found, `node_modules/${name}`])]
}

let added = 0
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const nearest = places(parent, name).find((place) => lock.packages[place] !== undefined)
    if (nearest !== undefined && satisfies(lock.packages[nearest].version, range)) continue
    const platform = NAME.exec(name)
    if (platform === null && ONLY[name] === undefined) throw new Error(`For which platform is ${name}?`)
    const [, os, cpu, libc] = platform ?? []
    const place = nearest === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`
    lock.packages[place] = {
      version: range.replace(/^[~^]/, ''),
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(dev ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc === 'gnu' ? 'glibc' : 'musl'] }),
      optional: true,
      os: ONLY[name] ?? [OS[os] ?? os],
    }
    added++
  }
}
const check = process.argv.includes('--check')
if (!check) {
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`)
}
console.log(`${added} packages ${check ? 'missing' : 'added'}`)
if (check && added > 0) process.exitCode = 1
