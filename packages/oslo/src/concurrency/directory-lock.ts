import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'

/** Another process works with the directory. */
class DirectoryInUseError extends Error {
  override name = 'DirectoryInUseError'
  readonly code = 'directory_in_use'
}

/**
 * Keeps a directory for this process until it ends, however it ends. The lock is an abstract Unix socket, of which nothing
 * stays.
 *
 * @param who what must be there once only, such as `nova-compute`; the lock is for others of that name
 * @returns gives the directory back
 * @throws DirectoryInUseError `directory_in_use`
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export async function lockDirectory(directory: string, who: string): Promise<() => Promise<void>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // A longer name would be cut, and be that of another directory.
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex')
  const server = createServer((socket) => socket.destroy())
  try {
    await once(server.listen(`\0longhaul-${who}:${name}`), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new DirectoryInUseError(`another ${who} works with ${directory}`, { cause: error })
  }
  server.unref()
  return async () => await server[Symbol.asyncDispose]()
}
