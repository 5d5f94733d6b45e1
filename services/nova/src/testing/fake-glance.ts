import fastify from 'fastify'

export interface FakeImage {
  id: string
  status: string
  [property: string]: unknown
}

/** A request that a fake Image service received. */
export interface ImageCall {
  method: string
  path: string
  userToken: string | undefined
  serviceToken: string | undefined
}

/** An Image service in memory. */
export interface FakeGlance {
  url: string
  images: Map<string, FakeImage>
  calls: ImageCall[]
  /** Status with which calls are refused; undefined: none is. */
  refuse: ((call: ImageCall) => number | undefined | Promise<undefined>) | undefined
  close(): Promise<void>
}

/** Starts a fake Image service on loopback. */
export async function fakeGlance(): Promise<FakeGlance> {
  const app = fastify({ forceCloseConnections: true })
  const glance: FakeGlance = {
    url: '',
    images: new Map(),
    calls: [],
    refuse: undefined,
    close: () => app.close(),
  }
  app.addContentTypeParser(/^application\/openstack-images/, { parseAs: 'string' }, (_request, body, done) =>
    done(null, JSON.parse(body as string)),
  )
  app.addHook('onRequest', async (request, reply) => {
    const header = (name: string) => request.headers[name]?.toString()
    const call = {
      method: request.method,
      path: request.url,
      userToken: header('x-auth-token'),
      serviceToken: header('x-service-token'),
    }
    glance.calls.push(call)
    const status = await glance.refuse?.(call)
    if (status === undefined) return undefined
    return reply.code(status).send({ message: 'This server could not verify that you are authorized.' })
  })
  const found = (id: string) => glance.images.get(id)
  app.post<{ Body: FakeImage }>('/v2/images', async (request, reply) => {
    const image = {
      disk_format: null,
      container_format: null,
      os_hash_value: null,
      min_disk: 0,
      min_ram: 0,
      ...request.body,
      status: 'queued',
    }
    glance.images.set(image.id, image)
    return reply.code(201).send(image)
  })
  app.get<{ Params: { id: string } }>('/v2/images/:id', async ({ params }, reply) => {
    return found(params.id) ?? reply.code(404).send({ message: `No image found with ID ${params.id}` })
  })
  app.patch<{ Params: { id: string }; Body: { path: string; value: unknown }[] }>(
    '/v2/images/:id',
    async ({ params, body }, reply) => {
      const image = found(params.id)
      if (!image) return reply.code(404).send({ message: 'No image found' })
      for (const { path, value } of body) image[path.slice(1)] = value
      return image
    },
  )
  app.delete<{ Params: { id: string } }>('/v2/images/:id', async ({ params }, reply) => {
    const there = glance.images.delete(params.id)
    return reply.code(there ? 204 : 404).send(there ? undefined : { message: 'No image found' })
  })
  glance.url = await app.listen({ host: '127.0.0.1', port: 0 })
  return glance
}
