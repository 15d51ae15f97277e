/** Many works side by side: the first that fails stops the others, and is what is thrown in the end. */
export class FirstFailure {
  readonly #stop = new AbortController()
  /** Fires with the caller's signal, and at the first failure. */
  readonly signal: AbortSignal
  #failure: { error: unknown } | undefined

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
  }

  /** The error that began it, where `error` may only follow from that. */
  of(error: unknown): unknown {
    return this.#failure === undefined ? error : this.#failure.error
  }

  async watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.#failure ??= { error }
      this.#stop.abort(this.#failure.error)
      throw error
    }
  }
}
