import { z } from 'zod'
import { description } from '../attributes.ts'

const fields = {
  id: z.string().max(255).optional(),
  description,
  parent_region_id: z.string().nullable().optional(),
}

/** The client may choose the id. @see Identity API v3, create region */
export const newRegion = z.looseObject(fields)
/** @see Identity API v3, update region */
export const regionChange = z.looseObject(fields)

export type NewRegion = z.infer<typeof newRegion>
export type RegionChange = z.infer<typeof regionChange>
/** Attributes that are no further attributes. */
export const regionAttributes = [...Object.keys(fields), 'links', 'extra']
export const regionFilters = ['parent_region_id'] as const
