import type { FastifyInstance } from 'fastify'
import { badRequest } from '@longhaul/oslo/api'

/**
 * Reads the body of any request as JSON, whatever type it is said to be, as the original does: clients send requests
 * without a body as octets, and people send JSON with what `curl` says by default.
 *
 * @see openstack/glance glance/common/wsgi.py, JSONRequestDeserializer
 */
export function readAnyTypeAsJson(app: FastifyInstance, readJson: (bytes: Buffer) => unknown): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      const value = readJson(body as Buffer)
      if (value === undefined || (typeof value === 'object' && value !== null)) done(null, value)
      else done(badRequest('Unexpected body type. Expected list/dict.', { code: 'malformed_json' }))
    } catch (error) {
      done(error as Error)
    }
  })
}
