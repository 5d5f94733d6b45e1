import type { ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'

/** Version documents; they need no token. @see Identity API v3, API versions */
export function discoveryRoutes(app: ApiApp): void {
  const version = (request: FastifyRequest) => ({
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${app.api.baseUrl(request)}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  })

  app.get('/', async (request, reply) => {
    reply
      .code(300)
      .header('Location', `${app.api.baseUrl(request)}/v3/`)
      .type('application/json')
    return JSON.stringify({ versions: { values: [version(request)] } })
  })

  app.get('/v3', async (request, reply) => {
    reply.type('application/json')
    return JSON.stringify({ version: version(request) })
  })
}
