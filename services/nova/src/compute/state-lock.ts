import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'

/** Another agent works with the directory. */
class StateInUseError extends Error {
  override name = 'StateInUseError'
  readonly code = 'state_in_use'
}

/**
 * Keeps an agent's directory for this process until it ends, however it ends: two agents would start a machine twice and
 * take its monitor from each other. The lock is an abstract Unix socket, of which nothing stays.
 *
 * @returns gives the directory back
 * @throws StateInUseError `state_in_use`
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export async function lockState(directory: string): Promise<() => Promise<void>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // A longer name would be cut, and be that of another directory.
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex')
  const server = createServer((socket) => socket.destroy())
  try {
    await once(server.listen(`\0longhaul-nova-compute:${name}`), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new StateInUseError(`another nova-compute works with ${directory}`, { cause: error })
  }
  server.unref()
  return async () => await server[Symbol.asyncDispose]()
}
