import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound, unsupportedMediaType } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { contextOf } from '../identity.ts'
import type { FileStore } from '../image-data/file-store.ts'
import type { ImageOfData, Uploads } from '../image-data/uploads.ts'
import { glanceDirect } from '../import-methods.ts'
import { withoutBody } from '../without-body.ts'
import { rangeOf } from './ranges.ts'

/** What the routes need to know of images. */
export interface ImageAccess {
  /** The image, if the caller sees it and may do that. @throws ApiError 403, 404 */
  authorized(
    context: RequestContext,
    id: string,
    action: 'upload_image' | 'modify_image' | 'download_image',
  ): Promise<ImageOfData & { dataId: string | null; checksum: string | undefined }>
}

interface ImagePath {
  Params: { image_id: string }
}

const octetStream = 'application/octet-stream'

/** Bytes of a refused upload that are read and dropped, so that the sender gets to read the answer; more cuts the connection. */
const drainLimit = 64 * 1024 * 1024

/**
 * `PUT` and `GET /v2/images/{image_id}/file`, and `PUT /v2/images/{image_id}/stage`. The app must be a scope of its own:
 * here a body is a stream.
 *
 * @param parts.idleTimeoutMs how long the sender of an upload may be silent before its connection is cut
 * @param parts.canStage whether data may be staged for an import
 */
export function imageFileRoutes(
  app: FastifyInstance,
  parts: {
    images: ImageAccess
    uploads: Uploads
    store: FileStore
    idleTimeoutMs: number
    canStage: boolean
  },
): void {
  const { images, uploads, store } = parts
  const path = '/v2/images/:image_id/file'
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  const take = async (
    request: FastifyRequest<ImagePath>,
    reply: FastifyReply,
    kind: 'upload' | 'stage',
  ): Promise<FastifyReply> => {
    try {
      assertOctetStream(request)
      const action = kind === 'upload' ? 'upload_image' : 'modify_image'
      const image = await images.authorized(contextOf(request), request.params.image_id, action)
      request.raw.setTimeout(parts.idleTimeoutMs)
      await uploads[kind](image, request.raw, announcedLength(request))
    } catch (error) {
      drain(request.raw)
      throw error
    }
    return await reply.code(204).send()
  }

  app.put<ImagePath>(path, async (request, reply) => await take(request, reply, 'upload'))

  app.put<ImagePath>('/v2/images/:image_id/stage', async (request, reply) => {
    if (parts.canStage) return await take(request, reply, 'stage')
    drain(request.raw)
    throw notFound(`'${glanceDirect}' method is not available at this site.`, { code: 'staging_disabled' })
  })

  app.get<ImagePath>(path, withoutBody, async (request, reply) => {
    const image = await images.authorized(contextOf(request), request.params.image_id, 'download_image')
    if (image.dataId === null) return await reply.code(204).send()
    const data = await store.read({ imageId: image.id, uploadId: image.dataId })
    if (!data) throw notFound(`The data of image ${image.id} cannot be found`, { code: 'image_data_missing' })
    try {
      const range = rangeOf(request.headers, data.size)
      const length = range ? range.end - range.start + 1 : data.size
      reply.header('content-type', octetStream).header('content-length', length)
      if (image.checksum !== undefined) reply.header('content-md5', image.checksum)
      if (range) {
        reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${data.size}`)
      }
      return await reply.send(data.stream(range))
    } catch (error) {
      await data.close()
      throw error
    }
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
