import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Adapter } from '@longhaul/keystoneauth'
import { findProcesses, QmpClient } from '@longhaul/qemu'
import { hostDirectory, hostsOf, type ComputeHost } from '../../tools/devstack/src/compute-hosts.ts'
import type { CloudClient, Port } from '../../tools/devstack/src/demo/compute.ts'
import { ticksOf } from '../../tools/devstack/src/guest-image.ts'
import type { TestCloud } from '../cloud/test-cloud.ts'

/** Names no host, and says nothing of disks that are too full. */
const migrateSince = '2.25'
/** Everybody sees the events of an action. */
const eventsSince = '2.51'
const attachmentsSince = '3.27'
const ticksBefore = 1
/** How a server that does not run goes on, by its status. */
const goingOn: Record<string, object> = {
  SHUTOFF: { 'os-start': null },
  PAUSED: { unpause: null },
  SUSPENDED: { resume: null },
}
const nobodyStops = new AbortController().signal

interface ServerFacts {
  status: string
  'OS-EXT-STS:task_state': string | null
  'OS-EXT-SRV-ATTR:host': string
}

interface Action {
  message: string | null
  events: { event: string; finish_time: string | null }[]
}

/** A server with a volume and a port of its own, used in one case after the other while it is good. */
export class MovingServer {
  readonly cloud: TestCloud
  id = ''
  volume = ''
  port: Port = { id: '', networkId: '' }
  readonly #user: CloudClient
  readonly #admin: CloudClient
  readonly #nova: Adapter
  readonly #cinder: Adapter
  readonly #neutron: Adapter

  constructor(cloud: TestCloud) {
    this.cloud = cloud
    this.#user = cloud.client('demo')
    this.#admin = cloud.client('admin')
    this.#nova = cloud.adapter('admin', 'compute')
    this.#cinder = cloud.adapter('admin', 'volumev3')
    this.#neutron = cloud.adapter('admin', 'network')
  }

  /** After a case that went wrong: the next one gets another server. */
  async giveUp(): Promise<void> {
    const { id } = this
    this.id = ''
    await this.#nova.delete(`/servers/${id}`).catch(() => {})
  }

  /** Makes it run, with and without its devices as they are wanted, and waits until the guest counts. */
  async ready(wanted: { volume: boolean; port: boolean }): Promise<void> {
    const { cloud } = this
    await cloud.until('every service is ready', () => cloud.isWhole())
    if (this.id === '') await this.#make()
    const going = goingOn[(await this.facts()).status]
    if (going) await this.act(going)
    await cloud.until('the server runs', async () => isIdle(await this.facts(), 'ACTIVE'))
    const [volume, port] = [await this.volumeAttachments(), await this.holder()]
    if (wanted.volume && volume.length === 0) await this.attachVolume()
    if (!wanted.volume && volume.length > 0) await this.detachVolume()
    if (wanted.port && port === '') await this.attachPort()
    if (!wanted.port && port !== '') await this.detachPort()
    await cloud.until('the devices are as they should be', async () => {
      const attachments = await this.volumeAttachments()
      const rightVolume = wanted.volume ? attachments[0]?.status === 'attached' : attachments.length === 0
      return rightVolume && ((await this.holder()) === this.id) === wanted.port && (await this.isSettled())
    })
    await this.counts(await this.host())
  }

  /** Ends it, and waits until nobody has its devices, which it had or is to have. */
  async free(): Promise<void> {
    const { cloud } = this
    await cloud.until('every service is ready', () => cloud.isWhole())
    if (this.volume === '') await this.#make()
    if (this.id !== '') await cloud.delete(this.id)
    this.id = ''
    await cloud.until('the devices are free', async () => {
      return (await this.volumeFacts()).status === 'available' && (await this.holder()) === ''
    })
  }

  /** Asks for it anew, with its devices. */
  async createWithDevices(): Promise<void> {
    const volume = { source_type: 'volume', destination_type: 'volume', uuid: this.volume }
    const networks = [{ port: this.port.id }]
    this.id = await this.cloud.create('server', { networks, block_device_mapping_v2: [volume] })
  }

  async facts(): Promise<ServerFacts> {
    const answer = await this.#nova.get(`/servers/${this.id}`)
    return (await answer.json<{ server: ServerFacts }>()).server
  }

  /** Where nova says that it is. */
  async host(): Promise<ComputeHost> {
    const { 'OS-EXT-SRV-ATTR:host': name } = await this.facts()
    return hostsOf(this.cloud.cloud.record).find(({ host }) => host === name)!
  }

  otherHost({ host }: ComputeHost): ComputeHost {
    return hostsOf(this.cloud.cloud.record).find((one) => one.host !== host)!
  }

  async migrate(kind: 'live' | 'block'): Promise<void> {
    await this.act({ 'os-migrateLive': { host: null, block_migration: kind === 'block' } }, migrateSince)
  }

  async attachVolume(): Promise<void> {
    const json = { volumeAttachment: { volumeId: this.volume } }
    await this.#nova.post(`/servers/${this.id}/os-volume_attachments`, { json })
  }

  async detachVolume(): Promise<void> {
    await this.#nova.delete(`/servers/${this.id}/os-volume_attachments/${this.volume}`)
  }

  async attachPort(): Promise<void> {
    const json = { interfaceAttachment: { port_id: this.port.id } }
    await this.#nova.post(`/servers/${this.id}/os-interface`, { json })
  }

  async detachPort(): Promise<void> {
    await this.#nova.delete(`/servers/${this.id}/os-interface/${this.port.id}`)
  }

  /** Status of its newest migration. */
  async migrationStatus(): Promise<string | undefined> {
    const answer = await this.#nova.get('/os-migrations', { query: { instance_uuid: this.id } })
    const { migrations } = await answer.json<{ migrations: { id: number; status: string }[] }>()
    return migrations.toSorted((one, other) => other.id - one.id)[0]?.status
  }

  /** Its newest action. */
  async action(): Promise<Action> {
    const path = `/servers/${this.id}/os-instance-actions`
    const list = await this.#nova.get(path)
    const [newest] = (await list.json<{ instanceActions: { request_id: string }[] }>()).instanceActions
    const answer = await this.#nova.get(`${path}/${newest!.request_id}`, { microversion: eventsSince })
    return (await answer.json<{ instanceAction: Action }>()).instanceAction
  }

  /** Whether its newest operation has come to its end. */
  async isSettled(): Promise<boolean> {
    const { events } = await this.action()
    const whole = events.find(({ event }) => event.startsWith('compute_'))
    return whole?.finish_time != null && (await this.facts())['OS-EXT-STS:task_state'] === null
  }

  /** Whether nova lists the volume as the server's. */
  async hasVolume(): Promise<boolean> {
    const answer = await this.#nova.get(`/servers/${this.id}/os-volume_attachments`)
    const { volumeAttachments } = await answer.json<{ volumeAttachments: { volumeId: string }[] }>()
    return volumeAttachments.some(({ volumeId }) => volumeId === this.volume)
  }

  /** Whether nova lists the port as the server's. */
  async hasPort(): Promise<boolean> {
    const answer = await this.#nova.get(`/servers/${this.id}/os-interface`)
    const { interfaceAttachments } = await answer.json<{ interfaceAttachments: { port_id: string }[] }>()
    return interfaceAttachments.some(({ port_id: port }) => port === this.port.id)
  }

  async volumeFacts() {
    const answer = await this.#cinder.get(`/volumes/${this.volume}`)
    const { volume } = await answer.json<{
      volume: { status: string; attachments: { host_name: string | null }[] }
    }>()
    return { status: volume.status, hosts: volume.attachments.map(({ host_name: host }) => host) }
  }

  /** All that the volume has, whoever made it. */
  async volumeAttachments(): Promise<{ status: string }[]> {
    const query = { volume_id: this.volume, all_tenants: 1 }
    const answer = await this.#cinder.get('/attachments', { query, microversion: attachmentsSince })
    return (await answer.json<{ attachments: { status: string }[] }>()).attachments
  }

  /** Such as `ACTIVE on compute1`. */
  async bindings(): Promise<string[]> {
    return (await this.#admin.bindings(this.port)).map(({ host, status }) => `${status} on ${host}`)
  }

  /** Who has the port; empty: nobody. */
  async holder(): Promise<string> {
    const answer = await this.#neutron.get(`/v2.0/ports/${this.port.id}`)
    return (await answer.json<{ port: { device_id: string } }>()).port.device_id
  }

  /** Storage daemons of the volume. */
  storageDaemons(): number[] {
    return findProcesses(
      ([program = '', ...args]) =>
        program.endsWith('qemu-storage-daemon') && args.some((one) => one.includes(this.volume)),
    ).map(({ pid }) => pid)
  }

  /** QEMUs of the server on a host. */
  guests(host: ComputeHost): number[] {
    const directory = `${hostDirectory(this.cloud.cloud.state, host)}/`
    return findProcesses(
      ([program = '', ...args]) =>
        program.includes('qemu-system') &&
        args.some((one) => one.includes(this.id)) &&
        args.some((one) => one.includes(directory)),
    ).map(({ pid }) => pid)
  }

  /** Names of the volumes and ports that the machine has, as its QEMU says. */
  async devices(host: ComputeHost): Promise<string[]> {
    const directory = openSync(this.directory(host), 'r')
    // By way of the open directory the path of the socket is short.
    const qmp = await QmpClient.connect(`/proc/self/fd/${directory}/qmp-operator`).finally(() =>
      closeSync(directory),
    )
    try {
      const children = await qmp.execute<{ name: string }[]>('qom-list', { path: '/machine/peripheral' })
      return children.map(({ name }) => name).filter((name) => /^(volume|port)-/.test(name))
    } finally {
      qmp.close()
    }
  }

  /** What a host has of the server. */
  directory(host: ComputeHost): string {
    return join(hostDirectory(this.cloud.cloud.state, host), 'instances', this.id)
  }

  /** The console on a host, from its beginning. */
  wholeConsole(host: ComputeHost): string {
    return readFileSync(join(this.directory(host), 'console.log'), 'latin1')
  }

  /** The console on a host from now on; readable also when the host has removed it. */
  console(host: ComputeHost): (Disposable & { read(): string }) | undefined {
    const file = join(this.directory(host), 'console.log')
    if (!existsSync(file)) return undefined
    const descriptor = openSync(file, 'r')
    const from = fstatSync(descriptor).size
    return {
      read() {
        const bytes = Buffer.alloc(Math.max(fstatSync(descriptor).size - from, 0))
        readSync(descriptor, bytes, 0, bytes.length, from)
        return bytes.toString('latin1')
      },
      [Symbol.dispose]: () => closeSync(descriptor),
    }
  }

  /** Waits until the guest counts on. */
  async counts(host: ComputeHost): Promise<void> {
    const file = join(this.directory(host), 'console.log')
    const ticks = () => (existsSync(file) ? ticksOf(readFileSync(file, 'latin1')).length : 0)
    const before = ticks()
    await this.cloud.until('the guest counts', () => Promise.resolve(ticks() >= before + ticksBefore))
  }

  async #make(): Promise<void> {
    const { cloud } = this
    this.id = await cloud.create('server')
    this.volume = await this.#user.createVolume('volume', nobodyStops)
    this.port = await this.#user.createPort('network')
    await this.#user.untilActive(this.id, nobodyStops)
  }

  /** @param json an action of a server */
  async act(json: object, microversion?: string): Promise<void> {
    await this.#nova.post(`/servers/${this.id}/action`, {
      json,
      ...(microversion === undefined ? {} : { microversion }),
    })
  }
}

function isIdle(server: ServerFacts, status: string): boolean {
  return server.status === status && server['OS-EXT-STS:task_state'] === null
}
