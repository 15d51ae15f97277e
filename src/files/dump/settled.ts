/** As Promise.all, but a failure is thrown once everything has ended: nothing is left running unseen behind it. */
export async function allEnded<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  // oxlint-disable-next-line typescript/await-thenable -- as in Promise.all, what is no promise counts as settled
  await Promise.allSettled(work)
  return Promise.all(work)
}
