interface Flow<T> {
  waiting: T[]
  state: 'open' | 'ended' | 'stopped'
  failure: { error: unknown } | undefined
}

/**
 * Turns what is pushed into what is pulled: `produce` gets a function that takes one item and resolves when the next may
 * come, which is one ahead of the consumer. A consumer that stops early makes it reject, and is let go once `produce` has ended.
 */
export async function* pulled<T>(produce: (push: (item: T) => Promise<void>) => Promise<unknown>): AsyncGenerator<T> {
  const flow: Flow<T> = { waiting: [], state: 'open', failure: undefined }
  let room = nothing
  let news = nothing
  const push = async (item: T) => {
    while (flow.waiting.length > 0 && flow.state === 'open') await new Promise<void>((resolve) => (room = resolve))
    if (flow.state !== 'open') throw new Error('nobody takes any more')
    flow.waiting.push(item)
    news()
  }
  const producing = produce(push)
    .catch((error: unknown) => {
      flow.failure = { error }
    })
    .finally(() => {
      if (flow.state === 'open') flow.state = 'ended'
      news()
    })
  try {
    for (;;) {
      const item = flow.waiting.shift()
      if (item !== undefined) {
        room()
        yield item
      } else if (flow.failure !== undefined) throw flow.failure.error
      else if (flow.state !== 'open') return
      else await new Promise<void>((resolve) => (news = resolve))
    }
  } finally {
    flow.state = 'stopped'
    room()
    await producing
  }
}

function nothing(): void {}
