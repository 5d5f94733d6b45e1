import type { FastifyInstance } from 'fastify'

/** `/v2/schemas/{name}` for each JSON schema, by name. */
export function schemaRoutes(
  app: FastifyInstance,
  schemas: Readonly<Record<string, Record<string, unknown>>>,
): void {
  for (const [name, schema] of Object.entries(schemas)) {
    app.get(`/v2/schemas/${name}`, async () => schema)
  }
}
