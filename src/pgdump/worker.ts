import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'
import type { FromWorker, WorkerInput } from './bundled.ts'
import { tapWrittenFiles } from './wasm-files.ts'

// A thread of its own for the bundled pg_dump, because the program waits for each answer of the server without letting
// go. Requests go to the main thread, which owns the socket; answers come back while this thread sleeps on a flag.

const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104
const QUERY = 0x51
const SYNC = 0x53
const TERMINATE = 0x58
const STDERR = 2
const MAGIC = Buffer.from('PGDMP')

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by bundled.ts, whose type it is
const { port, bell, login, args } = workerData as WorkerInput
const ringing = new Int32Array(bell)
const files = tapWrittenFiles()
// The name that it gives itself in its messages.
process.argv[1] = 'pg_dump'
let unsent: Buffer = Buffer.alloc(0)
let phase: 'startup' | 'session' = 'startup'

/** The part of PGlite that pg_dump is run over: bytes from it go in, and bytes for it come out. */
const server = {
  query: () => Promise.resolve({ rows: [{ search_path: '' }] }),
  exec: () => Promise.resolve([]),
  execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData: (bytes: Uint8Array) => void }): void {
    unsent = Buffer.concat([unsent, bytes])
    const answer = phase === 'startup' ? answerStartup() : answerRequest()
    if (answer !== undefined) onRawData(answer)
  },
}

/** The main thread has logged in already; the program's own login is answered here. */
function answerStartup(): Uint8Array | undefined {
  if (unsent.length < 8 || unsent.length < unsent.readUInt32BE(0)) return undefined
  const code = unsent.readUInt32BE(4)
  unsent = unsent.subarray(unsent.readUInt32BE(0))
  if (code === SSL_REQUEST || code === GSS_REQUEST) return Buffer.from('N')
  phase = 'session'
  return login
}

function answerRequest(): Uint8Array | undefined {
  let end = 0
  let expectsAnswer = false
  while (unsent.length - end >= 5) {
    const length = unsent.readUInt32BE(end + 1) + 1
    if (unsent.length - end < length) break
    const type = unsent[end]
    // The goodbye stays here: the session is the main thread's to close.
    if (type === TERMINATE) return undefined
    if (type === QUERY || type === SYNC) expectsAnswer = true
    end += length
  }
  if (end === 0) return undefined
  const bytes = Uint8Array.from(unsent.subarray(0, end))
  tell({ kind: 'request', bytes }, bytes)
  unsent = unsent.subarray(end)
  return expectsAnswer ? waitForAnswer() : undefined
}

function waitForAnswer(): Uint8Array {
  for (;;) {
    const received = receiveMessageOnPort(port)
    if (received !== undefined) return received.message
    Atomics.wait(ringing, 0, 0)
    Atomics.store(ringing, 0, 0)
  }
}

function tell(message: FromWorker, ...carried: Uint8Array<ArrayBuffer>[]): void {
  parentPort?.postMessage(
    message,
    carried.map((bytes) => bytes.buffer),
  )
}

function text(fd: number): string {
  return files.get(fd)?.contents.toString('utf8') ?? ''
}

try {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the three methods are all that it calls
  await pgDump({ pg: server as never, args })
  const written = [...files.values()].map((file) => file.contents)
  const found = written.find((bytes) => bytes.subarray(0, MAGIC.length).equals(MAGIC))
  if (found === undefined) {
    tell({ kind: 'failed', why: 'it wrote no archive', stderr: text(STDERR) })
  } else {
    const archive = Uint8Array.from(found)
    tell({ kind: 'done', archive, stderr: text(STDERR) }, archive)
  }
} catch (error) {
  tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error), stderr: text(STDERR) })
}
