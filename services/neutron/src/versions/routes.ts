import type { FastifyInstance } from 'fastify'

/** Paths of version documents: they answer without a token. */
export const versionPaths: ReadonlySet<string> = new Set(['/', '/v2.0', '/v2.0/'])

/** `/` lists the versions, `/v2.0` the resources of the one there is. */
export function versionRoutes(app: FastifyInstance, resources: readonly string[]): void {
  app.get('/', async (request) => {
    const links = [{ rel: 'self', href: `${app.api.baseUrl(request)}/v2.0/` }]
    return { versions: [{ id: 'v2.0', status: 'CURRENT', links }] }
  })
  app.get('/v2.0', async (request) => {
    const base = app.api.baseUrl(request)
    return {
      resources: resources.map((collection) => ({
        name: collection.replace(/s$/, ''),
        collection,
        links: [{ rel: 'self', href: `${base}/v2.0/${collection}` }],
      })),
    }
  })
}
