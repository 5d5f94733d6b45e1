import assert from 'node:assert/strict'
import type { TestCloud } from '../cloud/test-cloud.ts'
import type { CrashCase } from './table.ts'

/** The first burst is not limited, so that a backup of the 20 MiB takes a second or two. */
export const snapshotBandwidth = 10 * 2 ** 20

/** What an operation works on. */
interface Subject {
  server: string
  image?: string
}

/** Starts the operation, kills the victim where the table says, and looks at the end. */
export async function crash(cloud: TestCloud, one: CrashCase): Promise<void> {
  const prepared = one.operation === 'create-server' ? undefined : await cloud.idleServer()
  cloud.points.arm(one.point.startsWith('step ') ? `${one.operation} ${one.point}` : one.point)
  const subject = await begin(cloud, one, prepared)
  let stopped: number | undefined
  try {
    await cloud.until(`something stands at "${one.point}"`, () => {
      stopped = cloud.points.reached()
      return Promise.resolve(stopped !== undefined)
    })
    const killed = await cloud.kill(one.victim, subject.server)
    if (killed === stopped) stopped = undefined
  } finally {
    cloud.points.disarm()
    if (stopped !== undefined) process.kill(stopped, 'SIGCONT')
  }
  await cloud.mend(one.victim)
  await looksLike(cloud, one, subject)
  // The next snapshot takes a server that runs; everything else would only fill the host.
  if (one.operation === 'create-server' || one.end !== '+') await cloud.delete(subject.server)
}

async function begin(cloud: TestCloud, one: CrashCase, server: string | undefined): Promise<Subject> {
  const name = `${one.operation} ${one.victim}`
  if (server === undefined) return { server: await cloud.create(name) }
  if (one.operation === 'create-image') return { server, image: await cloud.snapshot(server, name) }
  await cloud.requestDeletion(server)
  return { server }
}

async function looksLike(cloud: TestCloud, one: CrashCase, { server, image }: Subject): Promise<void> {
  if (one.operation === 'delete-server') {
    await cloud.until('the server is gone', () => cloud.isGone(server))
    assert.deepEqual(cloud.guestProcesses(server), [], 'no machine is left')
    assert.equal(cloud.hasInstanceDirectory(server), false, 'no disk is left')
  } else {
    await cloud.untilTaskState(server, null)
    const status = one.end === '+' ? 'ACTIVE' : 'SHUTOFF'
    await cloud.until(`the server is ${status}`, async () => (await cloud.server(server)).status === status)
    assert.equal(cloud.guestProcesses(server).length, one.end === '+' ? 1 : 0, 'machines of the server')
  }
  if (image !== undefined) {
    const status = one.end === 'D' ? 'deleted' : 'active'
    await cloud.until(`the image is ${status}`, async () => (await cloud.imageStatus(image)) === status)
    assert.deepEqual(cloud.imageFiles(image), status === 'active' ? [image] : [], 'files of the image')
  }
  await cloud.until('every service is ready', () => cloud.isWhole())
  await cloud.until('the agent has nothing left over', () => Promise.resolve(cloud.leftOnHost().length === 0))
}
