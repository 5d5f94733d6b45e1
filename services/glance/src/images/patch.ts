import { badRequest, conflict, forbidden } from '@longhaul/oslo/api'
import type { Image, ImageAttributes } from './image.ts'
import { assertWritable, isAttribute, type SetAttribute } from './schema.ts'

/** Types of a body of `PATCH /v2/images/{id}`: with `op` and `path`, and the older one with the operation as key. */
export const patchContentTypes = {
  older: 'application/openstack-images-v2.0-json-patch',
  current: 'application/openstack-images-v2.1-json-patch',
} as const

const operations = ['add', 'replace', 'remove'] as const

/** One change of one attribute or custom property. */
export interface Change {
  op: (typeof operations)[number]
  name: string
  value: unknown
  /** The older form refuses to add what is there. */
  isOlder?: boolean
}

/**
 * Reads a JSON patch.
 *
 * @throws ApiError 400 `invalid_body`, `invalid_path`; 403 `locations_invisible`
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function parsePatch(body: unknown, type: 'older' | 'current'): Change[] {
  if (!Array.isArray(body)) throw invalid('Request body must be a JSON array of operation objects.')
  return body.map((operation: unknown) => {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation))
      throw invalid('Operations must be JSON objects.')
    const { op, path } = (type === 'older' ? readOlder : readCurrent)(operation as Record<string, unknown>)
    const { value } = operation as { value?: unknown }
    if (typeof path !== 'string') throw invalid("Unable to find 'path' in JSON Schema change")
    const name = attributeOf(path)
    if (op !== 'remove' && value === undefined)
      throw invalid(`Operation "${op}" requires a member named "value".`)
    return { op, name, value, isOlder: type === 'older' }
  })
}

interface Operation {
  op: Change['op']
  path: unknown
}

function readCurrent({ op, path }: Record<string, unknown>): Operation {
  const found = operations.find((operation) => operation === op)
  if (found === undefined) throw invalid(`Invalid operation: it must be one of ${operations.join(', ')}.`)
  return { op: found, path }
}

function readOlder(operation: Record<string, unknown>): Operation {
  const [found, ...others] = operations.filter((op) => op in operation)
  if (found === undefined || others.length > 0)
    throw invalid('Operation objects must contain exactly one member named "add", "remove", or "replace".')
  return { op: found, path: operation[found] }
}

function invalid(message: string) {
  return badRequest(message, { code: 'invalid_body' })
}

/** An image's attributes have no parts of their own: a pointer has one segment. */
function attributeOf(path: string): string {
  if (/^\/locations(?:\/|$)/.test(path)) {
    throw forbidden("It's not allowed to update locations if locations are invisible.", {
      code: 'locations_invisible',
    })
  }
  if (!/^\/(?:[^/~]|~[01])+$/.test(path)) {
    throw badRequest(`Invalid JSON pointer for this resource: '${path}'`, { code: 'invalid_path' })
  }
  return path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
}

/**
 * The attributes after the changes, in their order. The image itself is left as it is.
 *
 * @throws ApiError 403 `attribute_read_only`, `attribute_reserved`, `attribute_required`, `format_fixed`; 409
 *   `property_missing` for a property that is not there, `property_present`; 400 `invalid_body` for a value
 */
export function applyPatch(image: Image, changes: readonly Change[], set: SetAttribute): ImageAttributes {
  const draft: ImageAttributes = { ...attributesOf(image), properties: new Map(image.properties) }
  for (const { op, name, value, isOlder } of changes) {
    assertWritable(name)
    if (isAttribute(name)) {
      if (op === 'remove')
        throw forbidden(`Property ${name} may not be removed.`, { code: 'attribute_required' })
      assertFormatOpen(image, name)
    } else if (op !== 'add' && !draft.properties.has(name)) {
      throw conflict(`Property ${name} does not exist.`, { code: 'property_missing' })
    }
    if (op === 'add' && isOlder && (isAttribute(name) || draft.properties.has(name)))
      throw conflict(`Property ${name} already present.`, { code: 'property_present' })
    if (op === 'remove') draft.properties.delete(name)
    else set(draft, name, value)
  }
  return draft
}

/** The formats say how to read the data, so they are fixed once it begins to come. */
function assertFormatOpen(image: Image, name: string): void {
  if ((name === 'disk_format' || name === 'container_format') && image.status !== 'queued') {
    throw forbidden(`Attribute ${name} can be only replaced for a queued image.`, { code: 'format_fixed' })
  }
}

function attributesOf(image: Image): ImageAttributes {
  const { name, visibility, owner, hidden, containerFormat, diskFormat, minDisk, minRam, tags, properties } =
    image
  return {
    name,
    visibility,
    owner,
    protected: image.protected,
    hidden,
    containerFormat,
    diskFormat,
    minDisk,
    minRam,
    tags,
    properties,
  }
}
