// Runs one switch in a process of its own, for tests to kill: node --import tsx switch-process.ts SIDE '{"target": ...}'
import { switchTo, type OnlineSwitchOptions } from '../../../src/online/index.ts'

const [side, options = '{}'] = process.argv.slice(2)
const parsed: OnlineSwitchOptions = JSON.parse(options)
await switchTo(side === 'source' ? 'source' : 'target', parsed)
