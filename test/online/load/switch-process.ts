// Runs a start or a switch in a process of its own, for tests to kill: WHAT '{"target": ...}'
import { start, switchTo, type OnlineStartOptions, type OnlineSwitchOptions } from '../../../src/online/index.ts'

const [what, options = '{}'] = process.argv.slice(2)
const parsed: OnlineStartOptions & OnlineSwitchOptions = JSON.parse(options)
if (what === 'start') await start(parsed)
else await switchTo(what === 'source' ? 'source' : 'target', parsed)
