import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Another process has the name. */
export class WorkerNameInUseError extends Error {
  override name = 'WorkerNameInUseError'
  readonly code = 'worker_name_in_use'
}

/**
 * Holds the name of a worker for this process until it ends, however it ends: at its start a process gives up the uploads
 * that its name holds. The lock is an abstract Unix socket, which leaves nothing on disk; it holds within one network
 * namespace of Linux, elsewhere nothing is locked. Processes of several hosts or containers on one database must have
 * names of their own.
 *
 * @returns gives the name back
 * @throws WorkerNameInUseError `worker_name_in_use`
 * @see https://man7.org/linux/man-pages/man7/unix.7.html
 */
export async function lockWorkerName(name: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => undefined
  const server = createServer((socket) => socket.destroy())
  // Names of sockets are short.
  const digest = createHash('sha256').update(name).digest('hex')
  server.listen(`\0longhaul-glance:${digest}`)
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const message = `another glance-api process is ${name}: give each its worker_self_reference_url`
    throw new WorkerNameInUseError(message, { cause: error })
  }
  server.unref()
  return async () => await server[Symbol.asyncDispose]()
}
