import { z } from 'zod'
import { badRequest, conflict, forbidden, parseBody } from '@longhaul/oslo/api'
import type { Image, ImageAttributes } from './image.ts'
import { assertWritable, setAttribute, writableAttribute } from './schema.ts'

/** The one type of a body of `PATCH /v2/images/{id}`. */
export const patchContentType = 'application/openstack-images-v2.1-json-patch'

/** One change of one attribute or custom property. */
export interface Change {
  op: 'add' | 'replace' | 'remove'
  name: string
  value: unknown
}

const patchBody = z.array(
  z.object({ op: z.enum(['add', 'replace', 'remove']), path: z.string(), value: z.unknown().optional() }),
)

/**
 * Reads a JSON patch.
 *
 * @throws ApiError 400 `invalid_body`, `invalid_path`
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function parsePatch(body: unknown): Change[] {
  return parseBody(patchBody, body).map(({ op, path, value }) => {
    if (op !== 'remove' && value === undefined) {
      throw badRequest(`Operation "${op}" requires a member named "value".`, { code: 'invalid_body' })
    }
    return { op, name: attributeOf(path), value }
  })
}

/** An image's attributes have no parts of their own: a pointer has one segment. */
function attributeOf(path: string): string {
  if (!/^\/(?:[^/~]|~[01])+$/.test(path)) {
    throw badRequest(`Invalid JSON pointer for this resource: '${path}'`, { code: 'invalid_path' })
  }
  return path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
}

/**
 * The attributes after the changes, in their order. The image itself is left as it is.
 *
 * @throws ApiError 403 `attribute_read_only`, `attribute_reserved`, `attribute_required`, `format_fixed`; 409
 *   `property_missing` for a property that is not there; 400 `invalid_body` for a value
 */
export function applyPatch(image: Image, changes: readonly Change[]): ImageAttributes {
  const draft: ImageAttributes = { ...attributesOf(image), properties: new Map(image.properties) }
  for (const { op, name, value } of changes) {
    assertWritable(name)
    const attribute = writableAttribute(name)
    if (attribute) {
      if (op === 'remove')
        throw forbidden(`Property ${name} may not be removed.`, { code: 'attribute_required' })
      assertFormatOpen(image, name)
    } else if (op !== 'add' && !draft.properties.has(name)) {
      throw conflict(`Property ${name} does not exist.`, { code: 'property_missing' })
    }
    if (op === 'remove') draft.properties.delete(name)
    else setAttribute(draft, name, value)
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
