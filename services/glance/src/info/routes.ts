import type { FastifyInstance } from 'fastify'
import { notFound } from '@longhaul/oslo/api'
import { withoutBody } from '../without-body.ts'

/**
 * What clients may ask about the service: `/v2/info/*`. There is one store, which has no name, so that there are no stores
 * to list; and no unified limits, so that there is no usage to show.
 *
 * @see openstack/glance glance/api/v2/discovery.py
 */
export function infoRoutes(
  app: FastifyInstance,
  { importMethods }: { importMethods: readonly string[] },
): void {
  const methods = { description: 'Import methods available.', type: 'array', value: importMethods }
  app.get('/v2/info/import', withoutBody, async () => ({ 'import-methods': methods }))
  app.get('/v2/info/usage', withoutBody, async () => ({ usage: {} }))
  for (const path of ['/v2/info/stores', '/v2/info/stores/detail']) {
    app.get(path, withoutBody, async () => {
      throw notFound('Multi backend is not supported at this site.', { code: 'one_store' })
    })
  }
}
