import { open } from 'node:fs/promises'

/** Bytes of the console that are shown at most. @see openstack/nova nova/virt/libvirt/driver.py, MAX_CONSOLE_BYTES */
const consoleBytes = 100 * 1024

/** The end of a console's file; empty when there is none. */
export async function readConsole(path: string): Promise<string> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - consoleBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
