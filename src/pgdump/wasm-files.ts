/** What a WebAssembly program wrote to one file descriptor. */
class WrittenFile {
  #bytes = Buffer.alloc(1 << 16)
  #length = 0
  position = 0

  write(data: Uint8Array): void {
    const end = this.position + data.length
    if (end > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, end))
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    this.#bytes.set(data, this.position)
    this.position = end
    this.#length = Math.max(this.#length, end)
  }

  get length(): number {
    return this.#length
  }

  get contents(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

const STDERR = 2
// Of WASI's fd_seek.
const SEEK_SET = 0
const SEEK_CUR = 1

/** By file descriptor. */
export type WrittenFiles = Map<number, WrittenFile>

type WasiCall = (...args: (number | bigint)[]) => number
type Imports = Partial<Record<string, Partial<Record<string, unknown>>>>

/** The little of WebAssembly's JavaScript interface that is used here; Node's types leave it to those of browsers. */
interface WebAssemblyInterface {
  instantiate: (module: unknown, imports?: Imports) => Promise<unknown>
}

/**
 * Listens to the files that the next WebAssembly module of this thread writes. pglite-tools hands out pg_dump's file as
 * UTF-8 text, which a custom-format archive is not; at WASI's fd_write and fd_seek its bytes are exact. Meant for a
 * thread of its own: it replaces `WebAssembly.instantiate` for good.
 */
export function tapWrittenFiles(): WrittenFiles {
  const files: WrittenFiles = new Map()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see the interface
  const wasm = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyInterface
  const instantiate = wasm.instantiate.bind(wasm)
  wasm.instantiate = (module, imports = {}) => instantiate(module, tap(imports, files))
  return files
}

function tap(imports: Imports, files: WrittenFiles): Imports {
  const wasi = imports['wasi_snapshot_preview1']
  const memory = imports['env']?.['memory']
  const write = wasi?.['fd_write']
  const seek = wasi?.['fd_seek']
  if (!isMemory(memory) || !isCall(write) || !isCall(seek)) {
    throw new TypeError('the bundled pg_dump is not built as expected')
  }
  const fileOf = (fd: number): WrittenFile => {
    const file = files.get(fd) ?? new WrittenFile()
    files.set(fd, file)
    return file
  }

  /**
   * `vectors` is an array of (address, length) pairs of 32 bits each. What goes into a file stops here: the module's own
   * file system would hold it once more, and pglite-tools would make a text of it.
   */
  const tappedWrite = (fd: number, vectors: number, count: number, written: number) => {
    // Made anew each time: a memory that grows gets another buffer.
    const view = new DataView(memory.buffer)
    let total = 0
    for (let i = 0; i < count; i++) {
      const address = view.getUint32(vectors + i * 8, true)
      const length = view.getUint32(vectors + i * 8 + 4, true)
      fileOf(fd).write(new Uint8Array(memory.buffer, address, length))
      total += length
    }
    if (fd <= STDERR) return write(fd, vectors, count, written)
    view.setUint32(written, total, true)
    return 0
  }

  /** The module does not know how far we have written: what counts from there is counted here. */
  const tappedSeek = (fd: number, offset: bigint, whence: number, address: number) => {
    const { position, length } = fileOf(fd)
    const from = whence === SEEK_SET ? 0 : whence === SEEK_CUR ? position : length
    const result = seek(fd, BigInt(from) + offset, SEEK_SET, address)
    if (result === 0) fileOf(fd).position = Number(new DataView(memory.buffer).getBigInt64(address, true))
    return result
  }

  return { ...imports, wasi_snapshot_preview1: { ...wasi, fd_write: tappedWrite, fd_seek: tappedSeek } }
}

function isCall(value: unknown): value is WasiCall {
  return typeof value === 'function'
}

function isMemory(value: unknown): value is { readonly buffer: ArrayBuffer } {
  return typeof value === 'object' && value !== null && 'buffer' in value && value.buffer instanceof ArrayBuffer
}
