import { z } from 'zod'
import { badRequest, forbidden, parseBody } from '@longhaul/oslo/api'
import { storableText, uuidPattern } from '../json-kinds.ts'
import { wireTime } from '../wire-time.ts'
import {
  attributeFields,
  isReserved,
  serviceAttributes,
  wellKnownProperties,
  writableAttributes,
  type AttributeName,
  type FormatChoice,
} from './attributes.ts'
import type { Image, ImageAttributes } from './image.ts'

/** Whether a text may be the id of an image; nothing else is asked of the database. */
export function isImageId(text: string): boolean {
  return uuidPattern.test(text)
}

const imageId = z.string().regex(uuidPattern, 'must be a UUID')

const propertyName = storableText(255)
  .min(1)
  .refine((name) => name !== '__proto__', 'is not allowed')

const propertyValue = storableText(65_535)

/**
 * Refuses to let a client write what is not its to write.
 *
 * @throws ApiError 403 `attribute_read_only`, `attribute_reserved`
 */
export function assertWritable(name: string): void {
  if (Object.hasOwn(serviceAttributes, name)) {
    throw forbidden(`Attribute '${name}' is read-only.`, { code: 'attribute_read_only' })
  }
  if (isReserved(name)) {
    throw forbidden(`Attribute '${name}' is reserved.`, { code: 'attribute_reserved' })
  }
}

export function isAttribute(name: string): name is AttributeName {
  return Object.hasOwn(attributeFields, name)
}

/**
 * Puts one value, of an attribute or a custom property, into a draft.
 *
 * @throws ApiError 403 as `assertWritable`; 400 `invalid_body` for a value that is not allowed
 */
export type SetAttribute = (draft: ImageAttributes, name: string, value: unknown) => void

export function attributeSetter(formats: FormatChoice): SetAttribute {
  const attributes = writableAttributes(formats)
  return (draft, name, value) => {
    assertWritable(name)
    if (isAttribute(name)) {
      Object.assign(draft, { [attributeFields[name]]: parseValue(name, attributes[name].check, value) })
      return
    }
    parseBody(propertyName, name)
    const known = Object.hasOwn(wellKnownProperties, name) ? wellKnownProperties[name]?.check : undefined
    const parsed = parseValue(name, known ?? propertyValue, value)
    // Null is no value: the property is not there.
    if (parsed === null) draft.properties.delete(name)
    else draft.properties.set(name, parsed as string)
  }
}

function parseValue(name: string, check: z.ZodType, value: unknown): unknown {
  return parseBody(z.object({ [name]: check }), { [name]: value })[name]
}

/** A body of `POST /v2/images`, split into what is asked for. */
export interface CreateRequest {
  id?: string
  /** Names and values as sent; `SetAttribute` checks each. */
  attributes: [name: string, value: unknown][]
}

/** @throws ApiError 400 `invalid_body`, 403 as `assertWritable` */
export function parseCreate(body: unknown): CreateRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('Body expected in request.', { code: 'invalid_body' })
  }
  const { id, ...rest } = body as Record<string, unknown>
  for (const name of Object.keys(rest)) assertWritable(name)
  const request: CreateRequest = { attributes: Object.entries(rest) }
  if (id !== undefined) request.id = parseBody(z.object({ id: imageId }), { id }).id.toLowerCase()
  return request
}

/** The image as clients see it: attributes and custom properties side by side. */
export function imageDocument(image: Image): Record<string, unknown> {
  const self = `/v2/images/${image.id}`
  return {
    ...Object.fromEntries(image.properties),
    ...importProperties(image),
    id: image.id,
    status: image.status,
    ...Object.fromEntries(Object.entries(attributeFields).map(([name, field]) => [name, image[field]])),
    size: image.facts?.size ?? image.stagedSize,
    virtual_size: image.facts?.virtualSize ?? null,
    checksum: image.facts?.checksum ?? null,
    os_hash_algo: image.facts?.hashAlgorithm ?? null,
    os_hash_value: image.facts?.hashValue ?? null,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    self,
    file: `${self}/file`,
    schema: '/v2/schemas/image',
  }
}

/** What an import says of itself. There is one store, and it has no name: both lists of stores are empty. */
function importProperties({ importId, status }: Image): Record<string, string> {
  if (importId === null) return {}
  return {
    os_glance_importing_to_stores: '',
    os_glance_failed_import: '',
    ...(status === 'importing' ? { os_glance_import_task: importId } : {}),
  }
}
