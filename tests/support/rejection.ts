/** What a promise rejects with; heard of at once, so that nothing is left unhandled while time passes. */
export function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new RangeError('it did not reject'),
    (error: unknown) => error,
  )
}
