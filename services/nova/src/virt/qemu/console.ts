import { open } from 'node:fs/promises'

/** Bytes of the console that are shown at most. @see openstack/nova nova/virt/libvirt/driver.py, MAX_CONSOLE_BYTES */
const consoleBytes = 100 * 1024

/**
 * The last lines of a text, as Nova counts them: what follows the last line break is a line, even if it is empty.
 *
 * @param length undefined: all; 0: none
 * @see openstack/nova nova/compute/manager.py, _tail_log
 */
export function lastLines(text: string, length: number | undefined): string {
  if (length === undefined) return text
  return length <= 0 ? '' : text.split('\n').slice(-length).join('\n')
}

/** The end of a console's file, a byte a character; empty when there is none. */
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
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}
