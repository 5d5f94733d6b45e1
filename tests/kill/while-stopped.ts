import { armedPoint } from './places.ts'
import type { MovingServer } from './moving-server.ts'
import { killVictim, type Hosts } from './victim.ts'

/** A conductor that is to stay away is not started again before the operation has ended. */
const forGood = 'conductor for good'

/**
 * Begins an operation, kills the victim where the table says, and waits for the operation's end.
 *
 * @param begin asks for it; its answer may be lost
 * @param stopped called while somebody stands at the point
 */
export async function crashWhileStopped(
  server: MovingServer,
  one: { operation: string; point: string; victim: string },
  hosts: Hosts,
  begin: () => Promise<void>,
  stopped: () => void = () => {},
): Promise<void> {
  const { cloud } = server
  cloud.points.arm(armedPoint(one))
  const asked = begin().then(
    () => undefined,
    (error: unknown) => error,
  )
  let standing: number | undefined
  const supervisor = one.victim === forGood ? cloud.pidOf('supervisor') : undefined
  try {
    await cloud.until(`something stands at "${one.point}"`, () => {
      standing = cloud.points.reached()
      return Promise.resolve(standing !== undefined)
    })
    stopped()
    if (supervisor !== undefined) process.kill(supervisor, 'SIGSTOP')
    const killed = killVictim(server, one.victim, hosts)
    if (killed === standing) standing = undefined
    cloud.points.disarm()
    if (standing !== undefined) process.kill(standing, 'SIGCONT')
    standing = undefined
    await cloud.mend(one.victim)
    await cloud.until('the operation has ended', () => server.isSettled())
  } catch (error) {
    throw standing === undefined ? error : new Error('nothing stood there', { cause: [error, await asked] })
  } finally {
    cloud.points.disarm()
    if (standing !== undefined) process.kill(standing, 'SIGCONT')
    if (supervisor !== undefined) process.kill(supervisor, 'SIGCONT')
  }
}
