import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { NbdServer } from './volume-node.ts'

const pollMilliseconds = 100

/** A client's flags (fixed newstyle, no zeroes), and its wish to end. @see NBD, doc/proto.md, NBD_OPT_ABORT */
const farewell = Buffer.from('00000003' + Buffer.from('IHAVEOPT').toString('hex') + '0000000200000000', 'hex')

/**
 * Waits while nobody serves a volume: a storage server that died is started again. QEMU asks only once when it opens one.
 *
 * @param milliseconds after which it is left to QEMU to say what is wrong
 */
export async function untilServed(server: NbdServer, milliseconds: number): Promise<void> {
  const signal = AbortSignal.timeout(milliseconds)
  while (!signal.aborted && !(await isServed(server, signal))) {
    await delay(pollMilliseconds, undefined, { signal }).catch(() => {})
  }
}

/** Whether somebody greets; taking leave keeps complaints out of the server's log. */
async function isServed(server: NbdServer, signal: AbortSignal): Promise<boolean> {
  const address = server.type === 'unix' ? { path: server.path } : { host: server.host, port: +server.port }
  const socket = connect(address)
  try {
    await once(socket, 'data', { signal })
    const ended = once(socket, 'end', { signal })
    socket.write(farewell)
    await ended
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
