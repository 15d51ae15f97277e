// A dump in a process of its own, for tests that kill it: prints each event as a line of JSON.
import { dump, type DumpOptions } from '../../../src/index.ts'

const options: DumpOptions = JSON.parse(process.argv[2] ?? '{}')
await dump({ ...options, onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`) })
