import { z } from 'zod'
import { description, idString, nameUpTo } from '../attributes.ts'

const fields = {
  name: nameUpTo(255),
  domain_id: idString.optional(),
  description,
}

/** @see Identity API v3, create group */
export const newGroup = z.looseObject(fields)
/** @see Identity API v3, update group */
export const groupChange = newGroup.partial()

export type NewGroup = z.infer<typeof newGroup>
export type GroupChange = z.infer<typeof groupChange>
/** Attributes that are no further attributes. */
export const groupAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const groupFilters = ['domain_id', 'name'] as const
