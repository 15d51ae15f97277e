// Run by resume.test.ts: `restoreScript` with the options of the first argument; events go to stdout, one line each.
import { writeSync } from 'node:fs'
import { restoreScript, type RestoreScriptOptions } from '../../../src/files/index.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- resume.test.ts gives nothing else
const options = JSON.parse(process.argv[2] ?? '') as RestoreScriptOptions
const report = await restoreScript({ ...options, onEvent: (event) => writeSync(1, `${JSON.stringify(event)}\n`) })
writeSync(1, `${JSON.stringify(report)}\n`)
