import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Adapter, NotFound, Session, type AuthPlugin } from '@longhaul/keystoneauth'
import { regionName } from '../../tools/devstack/src/config-files.ts'
import { down } from '../../tools/devstack/src/down.ts'
import { userAuth } from '../../tools/devstack/src/identity-setup.ts'
import { isAlive, readProcessRecord, type ProcessRecord } from '../../tools/devstack/src/processes.ts'
import { up, type Cloud } from '../../tools/devstack/src/up.ts'

/** What a server looks like from outside. */
export interface ServerView {
  id: string
  status: string
  'OS-EXT-STS:task_state': string | null
  'OS-EXT-STS:vm_state': string
}

const pollMilliseconds = 50

/** A cloud of its own for crash tests, used through its public interfaces. */
export class TestCloud {
  readonly cloud: Cloud
  readonly #session = new Session({ userAgent: 'longhaul-tests', timeout: 30 })
  readonly #nova: Adapter
  readonly #glance: Adapter

  private constructor(cloud: Cloud) {
    this.cloud = cloud
    const auth: AuthPlugin = userAuth(cloud.record, 'demo')
    const common = { session: this.#session, auth, regionName }
    this.#nova = new Adapter({ ...common, serviceType: 'compute' })
    this.#glance = new Adapter({ ...common, serviceType: 'image' })
  }

  /** @param snapshotBandwidth bytes a second, so that a test can act in the middle of a snapshot */
  static async start(snapshotBandwidth: number): Promise<TestCloud> {
    const root = mkdtempSync(join(tmpdir(), 'longhaul-kill-'))
    const settings = { snapshotBandwidth }
    return new TestCloud(await up({ root, standardPorts: false, settings, renderer: 'silent' }))
  }

  async stop(): Promise<void> {
    await this.#session.close()
    await down(this.cloud.state.root, { purge: true })
  }

  async boot(name: string): Promise<string> {
    const body = { server: { name, imageRef: this.cloud.imageId, flavorRef: '1' } }
    const answer = await this.#nova.post('/servers', { json: body })
    const { id } = (await answer.json<{ server: { id: string } }>()).server
    await this.until(`${name} is active`, async () => (await this.server(id)).status === 'ACTIVE')
    return id
  }

  async server(id: string): Promise<ServerView> {
    return (await (await this.#nova.get(`/servers/${id}`)).json<{ server: ServerView }>()).server
  }

  /** @returns the image's id */
  async snapshot(id: string, name: string): Promise<string> {
    const answer = await this.#nova.post(`/servers/${id}/action`, { json: { createImage: { name } } })
    return answer.headers['location']!.split('/').at(-1)!
  }

  async delete(id: string): Promise<void> {
    await this.#nova.delete(`/servers/${id}`)
    await this.until('the server is gone', () =>
      this.server(id).then(
        () => false,
        (error) => error instanceof NotFound,
      ),
    )
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

  /** Whether the image store holds a file of that image. */
  imageFile(id: string): boolean {
    return filesBelow(join(this.cloud.state.data, 'glance')).some((file) => file.includes(id))
  }

  /** Backups that the agent still has. */
  backupFiles(): string[] {
    const directory = join(this.cloud.state.data, 'nova-compute/backups')
    return existsSync(directory) ? readdirSync(directory) : []
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
    for (;;) {
      try {
        if (await holds()) return
      } catch (error) {
        last = error
      }
      if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`, { cause: last })
      await delay(pollMilliseconds)
    }
  }

  process(service: string): ProcessRecord {
    const record = readProcessRecord(this.cloud.state.run, service)
    if (!record || !isAlive(record)) throw new Error(`${service} does not run`)
    return record
  }

  signal(service: string, signal: NodeJS.Signals): void {
    process.kill(this.process(service).pid, signal)
  }

  /** The process of a machine, as the agent wrote it down; undefined when it is gone. */
  guest(id: string): ProcessRecord | undefined {
    const file = join(this.cloud.state.data, 'nova-compute/instances', id, 'instance.json')
    const record = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord) : undefined
    return isAlive(record) ? record : undefined
  }
}

function filesBelow(directory: string): string[] {
  return existsSync(directory) ? (readdirSync(directory, { recursive: true }) as string[]) : []
}
