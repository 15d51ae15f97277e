import { createServer as createBroker, request } from 'node:http'
import { join } from 'node:path'
import { MAJORS, type Major } from './programs.ts'
import { RUN_VARIABLE, runDirectory } from './run-directory.ts'
import { type OwnServer, type Server, readLog, serverUrl, startServer } from './server.ts'

/**
 * The shared server of a major: started on first use, with the kit's default settings, and kept until the run ends.
 * Each of vitest's workers has its own, so that nothing which is global on a server (roles, slots, sessions) is shared
 * by test files that run at the same time. Tests that stop a server or change its settings start their own.
 */
export function server(major: Major): Promise<Server> {
  let found = used.get(major)
  if (found === undefined) {
    found = process.env[RUN_VARIABLE] === undefined ? startServer({ major }) : askBroker(major)
    used.set(major, found)
  }
  return found
}

const used = new Map<Major, Promise<Server>>()

/** The shared servers that this process has asked for. */
export function usedServers(): Promise<Server[]> {
  return Promise.all(used.values())
}

interface Address {
  readonly port: number
  readonly host: string
  readonly socketDir: string
  readonly dataDir: string
}

const brokerSocket = (): string => join(runDirectory(), 'broker')

/**
 * Runs in the process that outlives all workers: starts servers for them, at most one a worker and major.
 * Returns what ends the broker and all its servers.
 */
export async function startBroker(): Promise<() => Promise<void>> {
  const servers = new Map<string, Promise<OwnServer>>()
  const broker = createBroker((req, res) => {
    const [, worker = '', wanted] = (req.url ?? '').split('/')
    const major = MAJORS.find((known) => String(known) === wanted)
    if (major === undefined) {
      res.writeHead(404).end()
      return
    }
    const key = `${worker}/${major}`
    const starting = servers.get(key) ?? startServer({ major })
    servers.set(key, starting)
    starting.then(
      ({ port, host, socketDir, dataDir }) =>
        res.end(JSON.stringify({ port, host, socketDir, dataDir } satisfies Address)),
      (error: unknown) => res.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => {
    broker.listen(brokerSocket(), resolve)
  })
  return async () => {
    broker.closeAllConnections()
    await new Promise((resolve) => {
      broker.close(resolve)
    })
    const started = await Promise.allSettled(servers.values())
    await Promise.all(started.map(async (one) => one.status === 'fulfilled' && one.value[Symbol.asyncDispose]()))
  }
}

async function askBroker(major: Major): Promise<Server> {
  const path = `/${process.env['VITEST_POOL_ID'] ?? '0'}/${major}`
  const answer = await new Promise<string>((resolve, reject) => {
    const req = request({ socketPath: brokerSocket(), path }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => (text += chunk))
      res.on('end', () => (res.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    })
    req.on('error', reject)
    req.end()
  })
  const address: Address = JSON.parse(answer)
  return {
    major,
    ...address,
    url: (database, user, password) => serverUrl(address, database, user, password),
    log: () => readLog(address),
  }
}
