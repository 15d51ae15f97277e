import { type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { faultProxy, freePort, queryOnce, server } from './index.ts'

const LIMIT = { timeout: 20_000, interval: 5 }

/** A server that sends back what it gets, and can say how a connection to it ended. */
async function echoServer(): Promise<{ port: number; received: () => number } & AsyncDisposable> {
  let received = 0
  const sockets = new Set<Socket>()
  const echo = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      socket.write(chunk)
    })
    socket.on('error', () => {})
  })
  const port = await freePort()
  echo.listen(port, '127.0.0.1')
  await once(echo, 'listening')
  return {
    port,
    received: () => received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      echo.close()
      await once(echo, 'close')
    },
  }
}

interface Peer extends Disposable {
  readonly socket: Socket
  /** All that came back so far. */
  text(): string
  /** Settles with the error's code, or `end`. */
  readonly over: Promise<string>
  send(text: string): void
  /** Waits until that has come back. */
  expectBack(text: string): Promise<void>
}

async function peer(port: number): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1' })
  let got = ''
  socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
  const over = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('end', () => resolve('end'))
  })
  await Promise.race([once(socket, 'connect'), over])
  return {
    socket,
    text: () => got,
    over,
    send: (text) => socket.write(text),
    async expectBack(text) {
      await vi.waitFor(() => expect(got).toBe(text), LIMIT)
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** Long enough for a local round trip to have happened if it were to happen. */
const A_WHILE_MS = 150

test('without a fault, PostgreSQL is reached through the proxy', async () => {
  const shared = await server(17)
  await using proxy = await faultProxy(shared)
  expect(await queryOnce(proxy.url(shared.url()), 'select 1 as one')).toEqual([{ one: 1 }])
})

test('cut resets open connections, and new ones work', async () => {
  await using echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using first = await peer(proxy.port)
  first.send('a')
  await first.expectBack('a')
  expect(proxy.connections).toBe(1)
  proxy.cut()
  expect(await first.over).toBe('ECONNRESET')
  expect(proxy.connections).toBe(0)
  using second = await peer(proxy.port)
  second.send('b')
  await second.expectBack('b')
})

test('cutAfter lets exactly that many bytes pass', async () => {
  await using echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using client = await peer(proxy.port)
  proxy.cutAfter(3, 'up')
  client.send('ab')
  await client.expectBack('ab')
  client.send('cdef')
  expect(await client.over).toBe('ECONNRESET')
  await sleep(A_WHILE_MS)
  expect(echo.received()).toBeLessThanOrEqual(3)
})

test('stall holds what is sent, and resume lets it pass', async () => {
  await using echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using before = await peer(proxy.port)
  before.send('a')
  await before.expectBack('a')
  proxy.stall()
  using during = await peer(proxy.port)
  before.send('b')
  during.send('c')
  await sleep(A_WHILE_MS)
  expect([before.text(), during.text()]).toEqual(['a', ''])
  await proxy.resume()
  await before.expectBack('ab')
  await during.expectBack('c')
})

test('stall of one direction leaves the other one open', async () => {
  await using echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using client = await peer(proxy.port)
  client.send('a')
  await client.expectBack('a')
  proxy.stall('down')
  client.send('b')
  await vi.waitFor(() => expect(echo.received()).toBe(2), LIMIT)
  await sleep(A_WHILE_MS)
  expect(client.text()).toBe('a')
})

test('half-open swallows what is sent and hides that the server has gone', async () => {
  const echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using client = await peer(proxy.port)
  client.send('a')
  await client.expectBack('a')
  proxy.halfOpen()
  client.send('b')
  await echo[Symbol.asyncDispose]()
  const outcome = await Promise.race([client.over, sleep(A_WHILE_MS, 'nothing noticed')])
  expect([outcome, client.text(), echo.received()]).toEqual(['nothing noticed', 'a', 1])
})

test('refuse turns new connections away and keeps open ones', async () => {
  await using echo = await echoServer()
  await using proxy = await faultProxy(echo.port)
  using open = await peer(proxy.port)
  open.send('a')
  await open.expectBack('a')
  await proxy.refuse()
  using refused = await peer(proxy.port)
  expect(await refused.over).toBe('ECONNREFUSED')
  open.send('b')
  await open.expectBack('ab')
  await proxy.resume()
  using again = await peer(proxy.port)
  again.send('c')
  await again.expectBack('c')
})
