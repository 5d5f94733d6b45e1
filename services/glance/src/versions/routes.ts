import type { FastifyInstance } from 'fastify'

/**
 * Minor versions of the API: what the original announces with one store, and 2.12, which brought the tasks of an image.
 *
 * @see openstack/glance glance/api/versions.py
 */
const versions = [
  { id: 'v2.15', status: 'CURRENT' },
  { id: 'v2.12', status: 'SUPPORTED' },
  { id: 'v2.9', status: 'SUPPORTED' },
  { id: 'v2.7', status: 'SUPPORTED' },
  { id: 'v2.6', status: 'SUPPORTED' },
  { id: 'v2.5', status: 'SUPPORTED' },
  { id: 'v2.4', status: 'SUPPORTED' },
  { id: 'v2.3', status: 'SUPPORTED' },
  { id: 'v2.2', status: 'SUPPORTED' },
  { id: 'v2.1', status: 'SUPPORTED' },
  { id: 'v2.0', status: 'SUPPORTED' },
] as const

/** Paths of version documents: they answer without a token. */
export const versionPaths: ReadonlySet<string> = new Set(['/', '/versions'])

/** `/` answers 300, as the choice is the client's; `/versions` was asked for and answers 200. */
export function versionRoutes(app: FastifyInstance): void {
  for (const [path, status] of [
    ['/', 300],
    ['/versions', 200],
  ] as const) {
    app.get(path, { exposeHeadRoute: true }, async (request, reply) => {
      const links = [{ rel: 'self', href: `${app.api.baseUrl(request)}/v2/` }]
      return reply.code(status).send({ versions: versions.map((version) => ({ ...version, links })) })
    })
  }
}
