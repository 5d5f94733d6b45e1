import type { FastifyInstance } from 'fastify'
import { microversionRange } from '../microversions.ts'

/** Paths of version documents: they answer without a token. */
export const versionPaths: ReadonlySet<string> = new Set(['/', '/v3', '/v3/'])

/** `/` answers 300, as the choice is the client's; `/v3` was asked for and answers 200. @see openstack/cinder cinder/api/versions.py */
export function versionRoutes(app: FastifyInstance): void {
  for (const [path, status] of [
    ['/', 300],
    ['/v3', 200],
  ] as const) {
    app.get(path, async (request, reply) =>
      reply.code(status).send({
        versions: [
          {
            id: 'v3.0',
            status: 'CURRENT',
            version: microversionRange.max,
            min_version: microversionRange.min,
            updated: '2022-08-31T00:00:00Z',
            links: [
              { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
              { rel: 'self', href: `${app.api.baseUrl(request)}/v3/` },
            ],
            'media-types': [
              { base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' },
            ],
          },
        ],
      }),
    )
  }
}
