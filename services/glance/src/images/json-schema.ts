import { z } from 'zod'
import { readOnlyAttributes, writableAttributes } from './schema.ts'

/**
 * The JSON schema of an image, which clients may ask for.
 *
 * @see https://docs.openstack.org/api-ref/image/v2/index.html#show-image-schema
 */
export function imageJsonSchema(): Record<string, unknown> {
  const writable = Object.entries(writableAttributes).map(([name, { schema, description }]) => {
    const { $schema: _dialect, ...shape } = z.toJSONSchema(schema, { io: 'input' })
    return [name, { ...shape, description }]
  })
  const readOnly = Object.entries(readOnlyAttributes).map(([name, shape]) => [
    name,
    { ...shape, readOnly: true },
  ])
  return {
    name: 'image',
    properties: Object.fromEntries([...readOnly, ...writable]) as Record<string, unknown>,
    additionalProperties: { type: 'string' },
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  }
}

/** The JSON schema of a list of images. */
export function imagesJsonSchema(): Record<string, unknown> {
  return {
    name: 'images',
    properties: {
      images: { type: 'array', items: imageJsonSchema() },
      first: { type: 'string' },
      next: { type: 'string' },
      schema: { type: 'string' },
    },
    links: [
      { rel: 'first', href: '{first}' },
      { rel: 'next', href: '{next}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  }
}
