/** What pg 8 says of queries that the engine sends on one connection before the last has ended; they are queued. */
const knownWarning = /client\.query\(\) when the client is already executing a query/

/** Keeps one known deprecation, which is not ours to mend, off the standard error stream. */
export function quietPg(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void
  process.emitWarning = (...args: unknown[]) => {
    const [warning] = args
    if (knownWarning.test(warning instanceof Error ? warning.message : String(warning))) return
    emit(...args)
  }
}
