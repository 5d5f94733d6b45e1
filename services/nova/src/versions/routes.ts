import type { FastifyInstance } from 'fastify'
import { microversionRange } from '../microversions.ts'

/** Paths of version documents: they answer without a token. */
export const versionPaths: ReadonlySet<string> = new Set(['/', '/v2.1', '/v2.1/'])

/** @see openstack/nova nova/api/openstack/compute/versions.py */
function versionDocument(baseUrl: string) {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: microversionRange.max,
    min_version: microversionRange.min,
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href: `${baseUrl}/v2.1/` }],
  }
}

const documentation = { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' }

/** `/` and `/v2.1`. */
export function versionRoutes(app: FastifyInstance): void {
  app.get('/', async (request) => ({ versions: [versionDocument(app.api.baseUrl(request))] }))
  app.get('/v2.1', async (request) => {
    const document = versionDocument(app.api.baseUrl(request))
    return {
      version: {
        ...document,
        links: [...document.links, documentation],
        'media-types': [
          { base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' },
        ],
      },
    }
  })
}
