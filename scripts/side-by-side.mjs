// Runs npm scripts side by side, since most of them use one processor alone: node scripts/side-by-side.mjs lint dead-code ...
// Each prints what it has to say when it has ended; fails where one of them failed.
import { execFile } from 'node:child_process'

function run(script) {
  return new Promise((resolve) => {
    const child = execFile('npm', ['run', script], { maxBuffer: Infinity }, (_error, stdout, stderr) => {
      process.stdout.write(stdout + stderr)
      resolve(child.exitCode)
    })
  })
}

const codes = await Promise.all(process.argv.slice(2).map(run))
process.exitCode = codes.every((code) => code === 0) ? 0 : 1
