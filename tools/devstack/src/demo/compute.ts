import { setTimeout as delay } from 'node:timers/promises'
import { Adapter, HttpError, NotFound, type AuthPlugin, type Session } from '@longhaul/keystoneauth'
import { regionName } from '../config-files.ts'
import { DevstackError } from '../errors.ts'
import { ticksOf } from '../guest-image.ts'

const pollMilliseconds = 250
/** Since this microversion everybody sees the events of an action. */
const eventsSince = '2.51'

export interface Server {
  id: string
  status: string
  tenant_id: string
  'OS-EXT-STS:task_state': string | null
  fault?: { message: string }
}

export interface Image {
  id: string
  status: string
  owner: string
  os_hash_value: string | null
}

/** What an action left behind: its message and those of its events. */
export interface ActionOutcome {
  message: string | null
  events: { event: string; result: string | null; details: string | null }[]
}

export interface Volume {
  id: string
  status: string
}

export interface Port {
  id: string
  networkId: string
}

/** Of a port, to a host. */
export interface Binding {
  host: string
  status: string
}

/** Volumes are attached with this one. */
const attachmentsSince = '3.27'
/** A machine may be made without a port. */
const noNetworksSince = '2.37'
/** Says nothing of disks that are too full. */
const migrateSince = '2.25'

/** The calls a user of the demo makes, with one way to authenticate. */
export class CloudClient {
  readonly #compute: Adapter
  readonly #image: Adapter
  readonly #volume: Adapter
  readonly #network: Adapter

  /** @param globalRequestId id that its calls carry, and every call that is made for them */
  constructor(session: Session, auth: AuthPlugin, globalRequestId?: string) {
    const common = {
      session,
      auth,
      regionName,
      ...(globalRequestId === undefined ? {} : { globalRequestId }),
    }
    this.#compute = new Adapter({ ...common, serviceType: 'compute' })
    this.#image = new Adapter({ ...common, serviceType: 'image' })
    this.#volume = new Adapter({ ...common, serviceType: 'volumev3' })
    this.#network = new Adapter({ ...common, serviceType: 'network' })
  }

  /** @param host only for administrators. Default: whichever nova chooses */
  async boot(name: string, imageId: string, host?: string): Promise<string> {
    const { flavors } = await (
      await this.#compute.get('/flavors')
    ).json<{ flavors: { id: string; name: string }[] }>()
    const flavor = flavors.find((one) => one.name === 'm1.nano')
    if (!flavor) throw new DevstackError('flavor_missing', 'nova has no flavor m1.nano')
    const answer = await this.#compute.post('/servers', {
      json: {
        server: {
          name,
          imageRef: imageId,
          flavorRef: flavor.id,
          networks: 'none',
          ...(host === undefined ? {} : { availability_zone: `nova:${host}` }),
        },
      },
      microversion: noNetworksSince,
    })
    return (await answer.json<{ server: { id: string } }>()).server.id
  }

  async server(id: string): Promise<Server> {
    return (await (await this.#compute.get(`/servers/${id}`)).json<{ server: Server }>()).server
  }

  /** As an administrator: the host of a server. */
  async host(id: string): Promise<string | null> {
    const answer = await this.#compute.get(`/servers/${id}`)
    return (await answer.json<{ server: { 'OS-EXT-SRV-ATTR:host': string | null } }>()).server[
      'OS-EXT-SRV-ATTR:host'
    ]
  }

  async deleteServer(id: string, signal: AbortSignal): Promise<void> {
    await this.#compute.delete(`/servers/${id}`)
    await until('the server is gone', signal, 60_000, () => gone(this.#compute.get(`/servers/${id}`)))
  }

  /** A volume of 1 GiB, once it is there. @returns its id */
  async createVolume(name: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#volume.post('/volumes', { json: { volume: { name, size: 1 } } })
    const { id } = (await answer.json<{ volume: Volume }>()).volume
    await this.#untilVolumeIs(id, 'available', signal)
    return id
  }

  async volume(id: string): Promise<Volume> {
    return (await (await this.#volume.get(`/volumes/${id}`)).json<{ volume: Volume }>()).volume
  }

  async deleteVolume(id: string, signal: AbortSignal): Promise<void> {
    await this.#untilVolumeIs(id, 'available', signal)
    await this.#volume.delete(`/volumes/${id}`)
  }

  /** Gives a server a volume, and waits until it has it. */
  async attach(serverId: string, volumeId: string, signal: AbortSignal): Promise<void> {
    const json = { volumeAttachment: { volumeId } }
    await this.#compute.post(`/servers/${serverId}/os-volume_attachments`, { json })
    await this.#untilVolumeIs(volumeId, 'in-use', signal)
  }

  /** A network with a port. */
  async createPort(name: string): Promise<Port> {
    const made = await this.#network.post('/v2.0/networks', { json: { network: { name } } })
    const { id: networkId } = (await made.json<{ network: { id: string } }>()).network
    const subnet = { network_id: networkId, ip_version: 4, cidr: '10.0.0.0/24' }
    await this.#network.post('/v2.0/subnets', { json: { subnet } })
    const answer = await this.#network.post('/v2.0/ports', { json: { port: { network_id: networkId } } })
    return { id: (await answer.json<{ port: { id: string } }>()).port.id, networkId }
  }

  /** Gives a server a port, and waits until it is wired. */
  async plug(serverId: string, port: Port, signal: AbortSignal): Promise<void> {
    const json = { interfaceAttachment: { port_id: port.id } }
    await this.#compute.post(`/servers/${serverId}/os-interface`, { json })
    await until('the port is ACTIVE', signal, 60_000, async () => {
      const answer = await this.#network.get(`/v2.0/ports/${port.id}`)
      const { status } = (await answer.json<{ port: { status: string } }>()).port
      return status === 'ACTIVE' ? status : undefined
    })
  }

  /** As an administrator: what a port has on each host. */
  async bindings(port: Port): Promise<Binding[]> {
    const answer = await this.#network.get(`/v2.0/ports/${port.id}/bindings`)
    return (await answer.json<{ bindings: Binding[] }>()).bindings
  }

  async deletePort({ id, networkId }: Port): Promise<void> {
    await this.#network.delete(`/v2.0/ports/${id}`)
    await this.#network.delete(`/v2.0/networks/${networkId}`)
  }

  /** As an administrator: all that a volume has. */
  async attachments(volumeId: string): Promise<{ status: string }[]> {
    const query = { volume_id: volumeId, all_tenants: 1 }
    const answer = await this.#volume.get('/attachments', { query, microversion: attachmentsSince })
    return (await answer.json<{ attachments: { status: string }[] }>()).attachments
  }

  /** Has a server moved to another host. @param block whether its disk is copied */
  async liveMigrate(serverId: string, host: string, block: boolean): Promise<void> {
    await this.#compute.post(`/servers/${serverId}/action`, {
      json: { 'os-migrateLive': { host, block_migration: block } },
      microversion: migrateSince,
    })
  }

  /** As an administrator: what has become of the migration of a server. */
  async migrationStatus(serverId: string): Promise<string> {
    const answer = await this.#compute.get('/os-migrations', { query: { instance_uuid: serverId } })
    const { migrations } = await answer.json<{ migrations: { status: string }[] }>()
    return migrations.map(({ status }) => status).join(' ')
  }

  async #untilVolumeIs(id: string, status: string, signal: AbortSignal): Promise<void> {
    await until(`the volume is ${status}`, signal, 60_000, async () => {
      const volume = await this.volume(id)
      if (volume.status.startsWith('error')) {
        throw new DevstackError('server_error', `the volume went to ${volume.status}`)
      }
      return volume.status === status ? volume : undefined
    })
  }

  /** Asks for a snapshot. @returns id of the image that will be it */
  async createImage(serverId: string, name: string): Promise<string> {
    const answer = await this.#compute.post(`/servers/${serverId}/action`, {
      json: { createImage: { name } },
    })
    const image = /\/images\/([0-9a-f-]{36})/.exec(answer.headers['location'] ?? '')?.[1]
    if (!image)
      throw new DevstackError('no_image_location', 'nova named no image in its answer to createImage')
    return image
  }

  async console(serverId: string): Promise<string> {
    const answer = await this.#compute.post(`/servers/${serverId}/action`, {
      json: { 'os-getConsoleOutput': {} },
    })
    return (await answer.json<{ output: string }>()).output
  }

  async action(serverId: string, name: string): Promise<ActionOutcome | undefined> {
    const path = `/servers/${serverId}/os-instance-actions`
    const { instanceActions } = await (
      await this.#compute.get(path)
    ).json<{ instanceActions: { action: string; request_id: string }[] }>()
    const found = instanceActions.find((one) => one.action === name)
    if (!found) return undefined
    const { instanceAction } = await (
      await this.#compute.get(`${path}/${found.request_id}`, { microversion: eventsSince })
    ).json<{ instanceAction: Partial<ActionOutcome> }>()
    return { message: instanceAction.message ?? null, events: instanceAction.events ?? [] }
  }

  /** @returns undefined when there is no such image */
  async image(id: string): Promise<Image | undefined> {
    try {
      return await (await this.#image.get(`/v2/images/${id}`)).json<Image>()
    } catch (error) {
      if (error instanceof NotFound) return undefined
      throw error
    }
  }

  async download(imageId: string): Promise<Uint8Array> {
    return await (await this.#image.get(`/v2/images/${imageId}/file`)).bytes()
  }

  /** @throws DevstackError `server_error` when it goes to ERROR instead */
  async untilActive(serverId: string, signal: AbortSignal): Promise<Server> {
    return await until('the server is ACTIVE', signal, 60_000, async () => {
      const server = await this.server(serverId)
      if (server.status === 'ERROR') {
        throw new DevstackError('server_error', `the server went to ERROR: ${server.fault?.message ?? '?'}`)
      }
      return server.status === 'ACTIVE' ? server : undefined
    })
  }

  async untilIdle(serverId: string, signal: AbortSignal): Promise<Server> {
    return await until('the server has no task', signal, 120_000, async () => {
      const server = await this.server(serverId)
      return server['OS-EXT-STS:task_state'] === null ? server : undefined
    })
  }

  /** Waits until the guest has counted that far. @returns its ticks */
  async untilTick(serverId: string, tick: number, signal: AbortSignal): Promise<number[]> {
    return await until(`the guest counts to ${tick}`, signal, 60_000, async () => {
      const ticks = ticksOf(await this.console(serverId))
      return (ticks.at(-1) ?? -1) >= tick ? ticks : undefined
    })
  }
}

async function gone(answer: Promise<unknown>): Promise<true | undefined> {
  try {
    await answer
    return undefined
  } catch (error) {
    if (error instanceof NotFound) return true
    throw error
  }
}

/** Asks again and again; an answer of 5xx (a service that is starting) counts as not yet. */
async function until<T>(
  what: string,
  signal: AbortSignal,
  timeoutMilliseconds: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMilliseconds
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (error) {
      if (!(error instanceof HttpError) || error.status < 500) throw error
    }
    if (performance.now() > deadline) throw new DevstackError('demo_timeout', `waited in vain until ${what}`)
    await delay(pollMilliseconds, undefined, { signal })
  }
}
