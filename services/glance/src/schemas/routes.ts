import type { FastifyInstance } from 'fastify'
import { collectionSchema, type ItemSchema } from './collection.ts'

/** `/v2/schemas/{name}`, and the same with the plural, for each kind of thing. */
export function schemaRoutes(app: FastifyInstance, schemas: readonly ItemSchema[]): void {
  for (const schema of schemas.flatMap((item) => [item, collectionSchema(item)])) {
    app.get(`/v2/schemas/${schema.name}`, async () => schema)
  }
}
