import type { FastifyInstance } from 'fastify'

/** Of what later microversions add nothing is there. */
export const microversions = { service: 'compute', min: '2.1', max: '2.1' } as const

/** Paths of version documents: they answer without a token. */
export const versionPaths: ReadonlySet<string> = new Set(['/', '/v2.1', '/v2.1/'])

/** @see openstack/nova nova/api/openstack/compute/versions.py */
function versionDocument(baseUrl: string) {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: microversions.max,
    min_version: microversions.min,
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${baseUrl}/v2.1/` }],
  }
}

/** `/` and `/v2.1`. */
export function versionRoutes(app: FastifyInstance): void {
  app.get('/', async (request) => ({ versions: [versionDocument(app.api.baseUrl(request))] }))
  app.get('/v2.1', async (request) => ({
    version: {
      ...versionDocument(app.api.baseUrl(request)),
      'media-types': [
        { base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' },
      ],
    },
  }))
}
