import type { FastifyInstance } from 'fastify'
import { contextOf } from '../identity.ts'
import type { ImageImport } from './image-import.ts'
import { parseImport } from './schema.ts'

/** `POST /v2/images/{image_id}/import`. @param enabled import methods that are offered */
export function imageImportRoutes(
  app: FastifyInstance,
  { imageImport, enabled }: { imageImport: ImageImport; enabled: readonly string[] },
): void {
  app.post<{ Params: { image_id: string } }>('/v2/images/:image_id/import', async (request, reply) => {
    const wanted = parseImport(request.body, enabled)
    await imageImport.start(contextOf(request), request.params.image_id, wanted)
    return reply.code(202).send()
  })
}
