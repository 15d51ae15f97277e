// Run by start-process.ts: `online.start` with the options of the first argument; events go to stdout, one line each.
import { writeSync } from 'node:fs'
import { start } from '../../src/online/index.ts'
import type { OnlineStartOptions } from '../../src/online/index.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- start-process.ts gives nothing else
const options = JSON.parse(process.argv[2] ?? '') as OnlineStartOptions
await start({
  ...options,
  onEvent: (event) => {
    // At once: whoever reads it may kill this process for it.
    writeSync(1, `${JSON.stringify(event)}\n`)
  },
})
