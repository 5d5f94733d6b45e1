import type { FastifyInstance } from 'fastify'
import { notFound } from '@longhaul/oslo/api'
import { extensions } from './extensions.ts'

/** The routes of `/v2.0/extensions`. */
export function extensionRoutes(app: FastifyInstance): void {
  const documents = extensions.map((extension) => ({ ...extension, links: [] }))
  app.get('/v2.0/extensions', async () => ({ extensions: documents }))
  app.get<{ Params: { alias: string } }>('/v2.0/extensions/:alias', async (request) => {
    const { alias } = request.params
    const extension = documents.find((one) => one.alias === alias)
    if (!extension) {
      throw notFound(`Extension with alias ${alias} does not exist`, { code: 'ExtensionNotFound' })
    }
    return { extension }
  })
}
