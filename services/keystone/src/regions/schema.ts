import { z } from 'zod'

const fields = {
  id: z.string().max(255).optional(),
  description: z.string().nullable().optional(),
  parent_region_id: z.string().nullable().optional(),
}

/** The client may choose the id. @see Identity API v3, create region */
export const newRegion = z.looseObject(fields)
/** @see Identity API v3, update region */
export const regionChange = z.looseObject(fields)

export type NewRegion = z.infer<typeof newRegion>
export type RegionChange = z.infer<typeof regionChange>
export const regionFilters = ['parent_region_id'] as const
