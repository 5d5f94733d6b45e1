import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'

/** Another process serves the directory. */
export class DirectoryInUseError extends Error {
  override name = 'DirectoryInUseError'
  readonly code = 'directory_in_use'
}

/**
 * Holds a directory for this process until it ends, however it ends: a second glance-api on the same directory would take
 * the uploads of the first for dead. The lock is an abstract Unix socket, which leaves nothing on disk and which only
 * Linux has; elsewhere nothing is locked.
 *
 * @returns gives the directory back
 * @throws DirectoryInUseError `directory_in_use`
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => undefined
  const server = createServer((socket) => socket.destroy())
  server.listen(`\0longhaul-glance:${await realpath(directory)}`)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new DirectoryInUseError(`another glance-api process serves ${directory}`, { cause: error })
  }
  server.unref()
  return async () => await server[Symbol.asyncDispose]()
}
