import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Adapter, NotFound, type AuthPlugin, type Session } from '@longhaul/keystoneauth'
import { CloudClient } from '../../tools/devstack/src/demo/compute.ts'
import { hostDirectory, hostsOf } from '../../tools/devstack/src/compute-hosts.ts'
import { regionName } from '../../tools/devstack/src/config-files.ts'
import { down } from '../../tools/devstack/src/down.ts'
import { userAuth } from '../../tools/devstack/src/identity-setup.ts'
import { isAlive, readProcessRecord, untilGone } from '../../tools/devstack/src/processes.ts'
import { cloudSession } from '../../tools/devstack/src/session.ts'
import { statusOf } from '../../tools/devstack/src/status.ts'
import { startSupervisor, up, type Cloud } from '../../tools/devstack/src/up.ts'
import type { CloudSettings } from '../../tools/devstack/src/cloud-record.ts'
import { StopPoints } from './stop-points.ts'

/** What a server looks like from outside. */
interface ServerView {
  id: string
  status: string
  'OS-EXT-STS:task_state': string | null
}

/** The first conditions come true soon; who waits longer asks less often, as the services need the processor. */
const pollMilliseconds = { first: 25, most: 200 }
/** Servers may have no network. */
const networksSince = '2.37'
/** m1.nano: the disk is as large as the image. */
const flavorRef = '42'

/** A cloud of its own, seen through its public interfaces and its files, whose processes can be killed. */
export class TestCloud {
  readonly points: StopPoints
  readonly cloud: Cloud
  readonly #session: Session
  readonly #nova: Adapter
  readonly #glance: Adapter
  #server: string | undefined

  private constructor(cloud: Cloud, points: StopPoints) {
    this.cloud = cloud
    this.points = points
    this.#session = cloudSession(cloud.state, cloud.record)
    const auth: AuthPlugin = userAuth(cloud.record, 'demo')
    const common = { session: this.#session, auth, regionName }
    this.#nova = new Adapter({ ...common, serviceType: 'compute' })
    this.#glance = new Adapter({ ...common, serviceType: 'image' })
  }

  static async start(settings: Partial<Omit<CloudSettings, 'ports'>> = {}): Promise<TestCloud> {
    const root = mkdtempSync(join(tmpdir(), 'lh-test-'))
    const points = new StopPoints()
    process.env['NODE_OPTIONS'] = points.nodeOptions
    try {
      const cloud = await up({ root, standardPorts: false, settings, renderer: 'silent' })
      return new TestCloud(cloud, points)
    } catch (error) {
      await down(root, { purge: true })
      points.remove()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#session.close()
    await down(this.cloud.state.root, { purge: true })
    this.points.remove()
  }

  /** All that a user can do, in the name of one of the cloud's users. */
  client(user: 'demo' | 'admin'): CloudClient {
    return new CloudClient(this.#session, userAuth(this.cloud.record, user))
  }

  /** A service, in the name of one of the cloud's users. */
  adapter(user: 'demo' | 'admin', serviceType: string): Adapter {
    return new Adapter({
      session: this.#session,
      auth: userAuth(this.cloud.record, user),
      serviceType,
      regionName,
    })
  }

  /** A server that runs and has no task, the one of the last case if it is still good. */
  async idleServer(): Promise<string> {
    if (this.#server !== undefined) {
      const id = this.#server
      if (!(await this.isGone(id)) && (await this.server(id)).status === 'ACTIVE') return id
    }
    const id = await this.create('server')
    await this.until('the server is active', async () => (await this.server(id)).status === 'ACTIVE')
    this.#server = id
    return id
  }

  /** Asks for a server. @param more what else it is made with @returns its id */
  async create(name: string, more: object = {}): Promise<string> {
    const plain = { name, imageRef: this.cloud.imageId, flavorRef, networks: 'none' }
    const body = { server: { ...plain, ...more } }
    const answer = await this.#nova.post('/servers', { json: body, microversion: networksSince })
    return (await answer.json<{ server: { id: string } }>()).server.id
  }

  /** Asks for a snapshot. @returns the image's id */
  async snapshot(id: string, name: string): Promise<string> {
    const answer = await this.#nova.post(`/servers/${id}/action`, { json: { createImage: { name } } })
    return answer.headers['location']!.split('/').at(-1)!
  }

  async delete(id: string): Promise<void> {
    await this.requestDeletion(id)
    await this.until('the server is gone', () => this.isGone(id))
  }

  async requestDeletion(id: string): Promise<void> {
    await this.#nova.delete(`/servers/${id}`)
  }

  async server(id: string): Promise<ServerView> {
    return (await (await this.#nova.get(`/servers/${id}`)).json<{ server: ServerView }>()).server
  }

  async isGone(id: string): Promise<boolean> {
    try {
      await this.server(id)
      return false
    } catch (error) {
      if (error instanceof NotFound) return true
      throw error
    }
  }

  /** `deleted` when there is none. */
  async imageStatus(id: string): Promise<string> {
    try {
      return (await (await this.#glance.get(`/v2/images/${id}`)).json<{ status: string }>()).status
    } catch (error) {
      if (error instanceof NotFound) return 'deleted'
      throw error
    }
  }

  /** Names of the files that glance's store holds of that image, unfinished ones included. */
  imageFiles(id: string): string[] {
    return namesIn(this.#data('glance/images')).filter((file) => file.startsWith(id))
  }

  /** What the agents keep although no operation runs: backups, half downloads, results of jobs. */
  leftOnHost(): string[] {
    return hostsOf(this.cloud.record).flatMap((host) => leftIn(hostDirectory(this.cloud.state, host)))
  }

  hasInstanceDirectory(server: string): boolean {
    return existsSync(this.#data(`nova-compute/instances/${server}`))
  }

  /** Processes of QEMU that run a server, whoever knows of them. */
  guestProcesses(server: string): number[] {
    return namesIn('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && argumentsOf(pid).includes(server))
  }

  /** Sends SIGKILL. @param victim a service, or `qemu`: the machine of the server @returns the process */
  async kill(victim: string, server: string): Promise<number> {
    const pid = victim === 'qemu' ? this.guestProcesses(server)[0] : this.pidOf(victim)
    if (pid === undefined) throw new Error(`no process of ${victim}`)
    process.kill(pid, 'SIGKILL')
    return pid
  }

  /** What nobody does by itself: a supervisor that was killed is started by the next `up`. */
  async mend(victim: string): Promise<void> {
    if (victim !== 'supervisor') return
    await untilGone(readProcessRecord(this.cloud.state.run, 'supervisor')!, 5000)
    await startSupervisor(this.cloud.state)
  }

  /** Whether every service answers. */
  async isWhole(): Promise<boolean> {
    return (await statusOf(this.cloud)).every(({ state }) => state === 'ready')
  }

  async untilTaskState(id: string, wanted: string | null): Promise<void> {
    await this.until(
      `task_state is ${wanted}`,
      async () => (await this.server(id))['OS-EXT-STS:task_state'] === wanted,
    )
  }

  /** Waits for a condition; errors on the way count as not yet: services are being killed. */
  async until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
    const deadline = performance.now() + seconds * 1000
    let last: unknown
    for (let pause = pollMilliseconds.first; ; pause = Math.min(pause * 1.5, pollMilliseconds.most)) {
      try {
        if (await holds()) return
      } catch (error) {
        last = error
      }
      if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`, { cause: last })
      await delay(pause)
    }
  }

  /** The process of a service, if it lives. */
  pidOf(service: string): number | undefined {
    const record = readProcessRecord(this.cloud.state.run, service)
    return isAlive(record) ? record.pid : undefined
  }

  #data(path: string): string {
    return join(this.cloud.state.data, path)
  }
}

function leftIn(directory: string): string[] {
  const backups = namesIn(join(directory, 'backups'))
  const parts = namesIn(join(directory, 'images')).filter((name) => name.endsWith('.part'))
  const operations = join(directory, 'operations')
  const results = namesIn(operations).filter((name) => {
    const { jobs } = JSON.parse(readFileSync(join(operations, name), 'utf8')) as { jobs: object }
    return Object.keys(jobs).length > 0
  })
  return [...backups, ...parts, ...results]
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : []
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
