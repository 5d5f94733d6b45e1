import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notFound, unsupportedMediaType } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { contextOf } from '../identity.ts'
import type { FileStore } from './file-store.ts'
import type { ImageOfData, Uploads } from './uploads.ts'

/** What the routes need to know of images. */
export interface ImageAccess {
  /** The image, if the caller sees it and may do that. @throws ApiError 403, 404 */
  authorized(
    context: RequestContext,
    id: string,
    action: 'upload_image' | 'download_image',
  ): Promise<ImageOfData & { checksum: string | undefined }>
}

const octetStream = 'application/octet-stream'

/** Bytes of a refused upload that are read and dropped, so that the sender gets to read the answer; more cuts the connection. */
const drainLimit = 64 * 1024 * 1024

/**
 * `PUT` and `GET /v2/images/{image_id}/file`.
 *
 * @param idleTimeoutMs how long the sender of an upload may be silent before its connection is cut
 */
export function imageFileRoutes(
  app: FastifyInstance,
  parts: { images: ImageAccess; uploads: Uploads; files: FileStore; idleTimeoutMs: number },
): void {
  const path = '/v2/images/:image_id/file'
  app.addContentTypeParser(octetStream, (_request, payload, done) => done(null, payload))

  app.put<{ Params: { image_id: string } }>(path, async (request, reply) => {
    try {
      const image = await parts.images.authorized(contextOf(request), request.params.image_id, 'upload_image')
      assertOctetStream(request)
      request.raw.setTimeout(parts.idleTimeoutMs)
      await parts.uploads.receive(image, request.raw, announcedLength(request))
    } catch (error) {
      drain(request.raw)
      throw error
    }
    return reply.code(204).send()
  })

  app.get<{ Params: { image_id: string } }>(path, async (request, reply) => {
    const image = await parts.images.authorized(contextOf(request), request.params.image_id, 'download_image')
    if (image.status !== 'active' && image.status !== 'deactivated') return reply.code(204).send()
    const data = await parts.files.read(image.id)
    if (!data) throw notFound(`The data of image ${image.id} cannot be found`, { code: 'image_data_missing' })
    reply.header('content-type', octetStream).header('content-length', data.size)
    if (image.checksum !== undefined) reply.header('content-md5', image.checksum)
    return reply.send(data.stream())
  })
}

/** @throws ApiError 415 `unsupported_media_type` */
function assertOctetStream(request: FastifyRequest): void {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== octetStream) {
    throw unsupportedMediaType(`The data of an image must be of type ${octetStream}.`, {
      code: 'unsupported_media_type',
    })
  }
}

function announcedLength(request: FastifyRequest): number | undefined {
  const length = request.headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/** A sender that is still sending does not look for an answer: what it sends is read to the end and dropped. */
function drain(body: IncomingMessage): void {
  if (body.readableEnded || body.destroyed) return
  let dropped = 0
  body.on('error', () => undefined)
  body.on('data', (chunk: Buffer) => {
    dropped += chunk.length
    if (dropped > drainLimit) body.destroy()
  })
  body.resume()
}
