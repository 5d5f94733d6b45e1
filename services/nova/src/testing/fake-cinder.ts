import { randomUUID } from 'node:crypto'
import fastify from 'fastify'

export interface FakeVolume {
  id: string
  status: string
  multiattach: boolean
  /** GiB. */
  size: number
}

export interface FakeAttachment {
  id: string
  status: string
  instance: string
  volume_id: string
  connection_info: Record<string, unknown>
  connector?: Record<string, unknown>
}

/** A request that a fake Block Storage service received. */
export interface VolumeCall {
  method: string
  /** Relative to the project. */
  path: string
  /** Name of what an action does. */
  action: string | undefined
  microversion: string | undefined
  userToken: string | undefined
  serviceToken: string | undefined
  /** Of the request that it was made for. */
  requestId: string | undefined
}

/** A Block Storage service in memory, with the states of volumes and the rule of who may delete attachments. */
export interface FakeCinder {
  /** Ends in `/v3/%(project_id)s` for a catalog. */
  url: string
  volumes: Map<string, FakeVolume>
  attachments: Map<string, FakeAttachment>
  calls: VolumeCall[]
  /** User tokens that have expired: taken beside a service token only. */
  expired: Set<string | undefined>
  /** Status with which calls are refused; undefined: none is. */
  refuse: ((call: VolumeCall) => number | undefined | Promise<undefined>) | undefined
  /** A volume that is available. @returns its id */
  volume(more?: Partial<FakeVolume>): string
  close(): Promise<void>
}

/** In every connection info; nobody may keep it but the host. */
export const connectionSecret = 'chap-secret-of-the-volume'

const titles: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  409: 'conflictingRequest',
}

/** Attachments in an answer at most. */
const pageSize = 2

class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Starts a fake Block Storage service on loopback. */
export async function fakeCinder(): Promise<FakeCinder> {
  const app = fastify({ forceCloseConnections: true })
  const cinder: FakeCinder = {
    url: '',
    volumes: new Map(),
    attachments: new Map(),
    calls: [],
    expired: new Set(),
    refuse: undefined,
    volume(more) {
      const volume = { id: randomUUID(), status: 'available', multiattach: false, size: 1, ...more }
      cinder.volumes.set(volume.id, volume)
      return volume.id
    },
    close: () => app.close(),
  }
  const { volumes, attachments } = cinder
  const volumeOf = (id: string) => found(volumes.get(id), `Volume ${id} could not be found.`)
  const attachmentOf = (id: string) =>
    found(attachments.get(id), `Volume attachment could not be found with filter: attachment_id = ${id}.`)
  const shown = (attachment: FakeAttachment) => ({ attachment })

  const connect = (attachment: FakeAttachment, connector: Record<string, unknown>) => {
    const data = { host: '127.0.0.1', export: attachment.id, auth_password: connectionSecret }
    const connection_info = { driver_volume_type: 'nbd', ...data }
    Object.assign(attachment, { status: 'attaching', connector, connection_info })
    volumeOf(attachment.volume_id).status = 'attaching'
  }

  app.setErrorHandler((error, _request, reply) => {
    const code = error instanceof Refusal ? error.status : 500
    const { message } = error as Error
    return reply.code(code).send({ [titles[code] ?? 'computeFault']: { code, message } })
  })
  app.addHook('preHandler', async (request) => {
    const header = (name: string) => request.headers[name]?.toString()
    const call = {
      method: request.method,
      path: request.url.replace(/^\/v3\/[^/]+/, ''),
      action: request.url.endsWith('/action') ? Object.keys(request.body as object)[0] : undefined,
      microversion: header('openstack-api-version'),
      userToken: header('x-auth-token'),
      serviceToken: header('x-service-token'),
      requestId: header('x-openstack-request-id'),
    }
    cinder.calls.push(call)
    const late = cinder.expired.has(call.userToken) && call.serviceToken === undefined
    const status = late ? 401 : await cinder.refuse?.(call)
    if (status !== undefined) throw new Refusal(status, 'The request you have made is refused.')
  })

  type One = { Params: { id: string } }
  app.get<One>('/v3/:project/volumes/:id', async ({ params }) => ({ volume: volumeOf(params.id) }))
  app.delete<One>('/v3/:project/volumes/:id', async ({ params }, reply) => {
    const { id, status } = volumeOf(params.id)
    if (status !== 'available') throw new Refusal(400, `Invalid volume: Volume status must be available.`)
    volumes.delete(id)
    return reply.code(202).send()
  })
  app.post<One & { Body: Record<string, unknown> }>(
    '/v3/:project/volumes/:id/action',
    async ({ params, body }, reply) => {
      const volume = volumeOf(params.id)
      if ('os-begin_detaching' in body) {
        if (volume.status !== 'in-use') {
          throw new Refusal(400, `Invalid volume: Unable to detach volume, its status is ${volume.status}.`)
        }
        volume.status = 'detaching'
      } else if (volume.status === 'detaching') volume.status = 'in-use'
      return reply.code(202).send()
    },
  )

  type Creation = { volume_uuid: string; instance_uuid: string; connector?: Record<string, unknown> }
  app.post<{ Body: { attachment: Creation } }>('/v3/:project/attachments', async ({ body }) => {
    const { volume_uuid: volume_id, instance_uuid: instance, connector } = body.attachment
    const volume = volumeOf(volume_id)
    const own = [...attachments.values()].some(
      (one) => one.volume_id === volume_id && one.instance === instance,
    )
    if (volume.status !== 'available' && !own) {
      throw new Refusal(400, `Invalid volume: status must be available to reserve, but is ${volume.status}`)
    }
    volume.status = 'reserved'
    const id = randomUUID()
    attachments.set(id, { id, status: 'reserved', instance, volume_id, connection_info: {} })
    if (connector) connect(attachmentOf(id), connector)
    return shown(attachmentOf(id))
  })
  app.get<{ Querystring: { volume_id?: string; instance_id?: string; marker?: string } }>(
    '/v3/:project/attachments',
    async ({ query: { volume_id = '', instance_id = '', marker = '' } }) => {
      const all = [...attachments.values()]
      const page = all.slice(all.findIndex(({ id }) => id === marker) + 1)
      return {
        attachments: page
          .filter((one) => volume_id === '' || one.volume_id === volume_id)
          .filter((one) => instance_id === '' || one.instance === instance_id)
          .slice(0, pageSize),
      }
    },
  )
  app.get<One>('/v3/:project/attachments/:id', async ({ params }) => shown(attachmentOf(params.id)))
  app.put<One & { Body: { attachment: { connector: Record<string, unknown> } } }>(
    '/v3/:project/attachments/:id',
    async ({ params, body }) => {
      const attachment = attachmentOf(params.id)
      const { volume_id, id } = attachment
      const others = [...attachments.values()].filter((one) => one.volume_id === volume_id && one.id !== id)
      if (others.some(({ connector }) => connector)) {
        throw new Refusal(409, `duplicate connectors detected on volume ${volume_id}`)
      }
      connect(attachment, body.attachment.connector)
      return shown(attachment)
    },
  )
  app.post<One>('/v3/:project/attachments/:id/action', async ({ params }, reply) => {
    const attachment = attachmentOf(params.id)
    attachment.status = 'attached'
    volumeOf(attachment.volume_id).status = 'in-use'
    return reply.code(204).send()
  })
  app.delete<One>('/v3/:project/attachments/:id', async ({ params, headers }) => {
    const { id, instance, volume_id, connector } = attachmentOf(params.id)
    if (connector && headers['x-service-token'] === undefined) {
      throw new Refusal(409, `Detach volume from instance ${instance} using the Compute API`)
    }
    attachments.delete(id)
    const left = [...attachments.values()].filter((one) => one.volume_id === volume_id)
    volumeOf(volume_id).status = left.length > 0 ? 'in-use' : 'available'
    return { attachments: left }
  })

  cinder.url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v3/%(project_id)s`
  return cinder
}

function found<T>(thing: T | undefined, message: string): T {
  if (thing === undefined) throw new Refusal(404, message)
  return thing
}
