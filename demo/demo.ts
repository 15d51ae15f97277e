// `npm run demo`: real servers of two majors from npm packages, a sample database on the older one, one pgleap command
// to move it to the newer one, and its verdict. Leaves nothing behind; exits as pgleap did.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type OwnServer, endRun, queryOnce, startServer } from '../test/kit/index.ts'

const DATABASE = 'shop'

try {
  process.exitCode = await demo()
} finally {
  await endRun()
}

async function demo(): Promise<number> {
  // Ctrl-C reaches pgleap as well, which then leaves in an orderly way; the servers are stopped after it.
  process.on('SIGINT', () => {})

  console.log('Starting PostgreSQL 14 and PostgreSQL 17 ...')
  await using source = await startServer({ major: 14 })
  await using target = await startServer({ major: 17 })

  console.log(`Loading the sample database "${DATABASE}" into PostgreSQL 14 ...`)
  await runFile(source, 'roles', 'postgres')
  await runFile(target, 'roles', 'postgres')
  await queryOnce(source.url(), `create database ${DATABASE} owner shop_owner`)
  await queryOnce(target.url(), `create database ${DATABASE} owner shop_owner`)
  await runFile(source, 'demo', DATABASE)
  await runFile(source, 'superuser', DATABASE)

  const command = ['migrate', source.url(DATABASE), target.url(DATABASE)]
  console.log(`\n$ pgleap ${command.join(' ')}\n`)
  return await runPgleap(command) // the servers go when this function ends
}

async function runFile(server: OwnServer, file: 'roles' | 'demo' | 'superuser', database: string): Promise<void> {
  await queryOnce(server.url(database), readFileSync(new URL(`${file}.sql`, import.meta.url), 'utf8'))
}

async function runPgleap(command: readonly string[]): Promise<number> {
  const pgleap = fileURLToPath(new URL('../bin/pgleap', import.meta.url))
  const child = spawn(process.execPath, [pgleap, ...command], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}
