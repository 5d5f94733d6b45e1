import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { boolean, description, extraSpecs, foreignId, integer, name, text } from '../parameter-types.ts'
import { anyText, last, pageParameters, refuseKeysOutside } from '../query-parameters.ts'

/** Columns that a list may be sorted by, by the names of the API. */
export const flavorSortKeys = {
  created_at: 'created_at',
  description: 'description',
  disabled: 'disabled',
  ephemeral_gb: 'ephemeral',
  flavorid: 'id',
  id: 'created_at',
  is_public: 'is_public',
  memory_mb: 'ram',
  name: 'name',
  root_gb: 'disk',
  rxtx_factor: 'rxtx_factor',
  swap: 'swap',
  updated_at: 'updated_at',
  vcpu_weight: 'id',
  vcpus: 'vcpus',
} as const

export type FlavorSortKey = keyof typeof flavorSortKeys

/** Query of `GET /flavors` and `/flavors/detail`. */
export const flavorListQuery = {
  ...pageParameters,
  is_public: last(anyText).optional(),
  minRam: last(anyText).optional(),
  minDisk: last(anyText).optional(),
  sort_key: last(z.enum(Object.keys(flavorSortKeys) as [FlavorSortKey])).optional(),
  sort_dir: last(z.enum(['asc', 'desc'])).optional(),
}

const id = text(1, 255).regex(/^(?! )[a-zA-Z0-9. _-]+(?<! )$/, 'is no flavor id')

const factor = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^[0-9]{1,40}(\.[0-9]{1,40})?$/)
      .transform(Number),
  ])
  .pipe(z.number().positive().max(3.40282e38))

const longDescription = description(65_535)

const createFlavorBody = z.strictObject({
  flavor: z.strictObject({
    name,
    id: z.union([id, z.number().transform(String).pipe(id), z.null()]).optional(),
    ram: integer(1),
    vcpus: integer(1),
    disk: integer(0),
    swap: integer(0).default(0),
    'OS-FLV-EXT-DATA:ephemeral': integer(0).default(0),
    rxtx_factor: factor.default(1),
    'os-flavor-access:is_public': boolean.default(true),
    description: longDescription.default(null),
  }),
})

export type CreateFlavorRequest = z.infer<typeof createFlavorBody>['flavor']

/** Reads the body of `POST /flavors`. @throws ApiError 400 */
export function parseCreateFlavor(body: unknown, version: Microversion): CreateFlavorRequest {
  refuseKeysOutside(body, 'flavor', version, { description: { from: '2.55' } })
  return parseBody(createFlavorBody, body).flavor
}

/** Body of `PUT /flavors/{id}`. */
export const updateFlavorBody = z.strictObject({ flavor: z.strictObject({ description: longDescription }) })

const tenant = z.strictObject({ tenant: foreignId })

/** Bodies of `POST /flavors/{id}/action` by the name of the action. */
export const flavorActionBodies = {
  addTenantAccess: z.strictObject({ addTenantAccess: tenant }),
  removeTenantAccess: z.strictObject({ removeTenantAccess: tenant }),
}

/** Body of `POST /flavors/{id}/os-extra_specs`. */
export const createExtraSpecsBody = z.strictObject({ extra_specs: extraSpecs })

/** Body of `PUT /flavors/{id}/os-extra_specs/{key}`. */
export const updateExtraSpecBody = extraSpecs.refine(
  (specs) => Object.keys(specs).length === 1,
  'must be one extra spec',
)
