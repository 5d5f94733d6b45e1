import { z } from 'zod'
import { description, enabled, nameUpTo, tagList } from '../attributes.ts'
import { protectable } from '../immutable.ts'

const fields = {
  name: nameUpTo(64),
  description,
  enabled,
  tags: tagList.optional(),
  options: protectable.optional(),
}

/** The client may choose the id. @see Identity API v3, create domain */
export const newDomain = z.looseObject({ ...fields, explicit_domain_id: z.string().optional() })
/** @see Identity API v3, update domain */
export const domainChange = z.looseObject(fields).partial()

export type NewDomain = z.infer<typeof newDomain>
export type DomainChange = z.infer<typeof domainChange>
/** Attributes that are no further attributes. */
export const domainAttributes = [
  ...Object.keys(fields),
  'domain_id',
  'is_domain',
  'parent_id',
  'id',
  'links',
  'extra',
]
export const domainFilters = ['name', 'enabled'] as const
