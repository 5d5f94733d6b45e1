import fastify from 'fastify'

/** An Identity service that knows projects. */
export interface FakeIdentity {
  url: string
  /** Projects that do not exist; all others do. */
  missing: Set<string>
  close(): Promise<void>
}

/** Starts a fake Identity service on loopback. */
export async function fakeIdentity(): Promise<FakeIdentity> {
  const app = fastify({ forceCloseConnections: true })
  const identity: FakeIdentity = { url: '', missing: new Set(), close: () => app.close() }
  app.get<{ Params: { id: string } }>('/v3/projects/:id', async ({ params }, reply) => {
    if (!identity.missing.has(params.id)) return { project: { id: params.id } }
    return reply.code(404).send({ error: { code: 404, title: 'Not Found', message: 'no such project' } })
  })
  identity.url = await app.listen({ host: '127.0.0.1', port: 0 })
  return identity
}
