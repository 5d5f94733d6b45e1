import type { ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import { bestAccepted } from './accept.ts'
import { homeDocument } from './json-home.ts'

const [json, jsonHome] = ['application/json', 'application/json-home'] as const
// As bytes: a string would get a charset, which the media type does not have.
const homes = {
  root: Buffer.from(JSON.stringify(homeDocument('/v3'))),
  v3: Buffer.from(JSON.stringify(homeDocument(''))),
}
const wantsHome = ({ headers }: FastifyRequest) => bestAccepted(headers.accept, [json, jsonHome]) === jsonHome

/** Version documents, and home documents for who asks for them; they need no token. @see Identity API v3, API versions */
export function discoveryRoutes(app: ApiApp): void {
  const version = (request: FastifyRequest) => ({
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${app.api.baseUrl(request)}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  })

  app.get('/', async (request, reply) => {
    if (wantsHome(request)) return await reply.type(jsonHome).send(homes.root)
    reply
      .code(300)
      .header('Location', `${app.api.baseUrl(request)}/v3/`)
      .type('application/json')
    return JSON.stringify({ versions: { values: [version(request)] } })
  })

  app.get('/v3', async (request, reply) => {
    if (wantsHome(request)) return await reply.type(jsonHome).send(homes.v3)
    reply.type('application/json')
    return JSON.stringify({ version: version(request) })
  })
}
