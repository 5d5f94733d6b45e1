import {
  serviceAttributes,
  wellKnownProperties,
  writableAttributes,
  type FormatChoice,
} from './attributes.ts'

/**
 * The JSON schema of an image, from which clients make their options.
 *
 * @see https://docs.openstack.org/api-ref/image/v2/index.html#show-image-schema
 */
export function imageJsonSchema(formats: FormatChoice) {
  const described = (table: Record<string, { json: Record<string, unknown>; description: string }>) =>
    Object.entries(table).map(([name, { json, description }]) => [name, { ...json, description }] as const)
  const known = described(wellKnownProperties).map(([name, json]) => [name, { ...json, is_base: false }])
  return {
    name: 'image' as const,
    properties: {
      ...Object.fromEntries(known),
      ...serviceAttributes,
      ...Object.fromEntries(described(writableAttributes(formats))),
    },
    additionalProperties: { type: 'string' },
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  }
}
