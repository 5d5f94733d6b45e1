import { z } from 'zod'
import { enabled } from '../attributes.ts'

const fields = {
  service_id: z.string().max(64),
  interface: z.enum(['admin', 'internal', 'public']),
  url: z
    .string()
    .max(225)
    .regex(/^[a-zA-Z0-9+.-]+:.+/),
  region_id: z.string().optional(),
  region: z.string().optional(),
  enabled,
}

/** @see Identity API v3, create endpoint */
export const newEndpoint = z.looseObject(fields)
/** @see Identity API v3, update endpoint */
export const endpointChange = newEndpoint.partial()

export type NewEndpoint = z.infer<typeof newEndpoint>
export type EndpointChange = z.infer<typeof endpointChange>
/** Attributes that are no further attributes. */
export const endpointAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const endpointFilters = ['interface', 'service_id', 'region_id'] as const
