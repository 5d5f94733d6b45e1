import { z } from 'zod'
import { description, enabled, idString, nameUpTo, tagList } from '../attributes.ts'
import { protectable } from '../immutable.ts'

const fields = {
  name: nameUpTo(64),
  domain_id: idString.nullable().optional(),
  parent_id: idString.nullable().optional(),
  is_domain: z.boolean().optional(),
  description,
  enabled,
  tags: tagList.optional(),
  options: protectable.optional(),
}

/** @see Identity API v3, create project */
export const newProject = z.looseObject(fields)
/** @see Identity API v3, update project */
export const projectChange = newProject.partial()
/** @see Identity API v3, modify tag list for a project */
export const projectTags = z.looseObject({ tags: tagList })

export type NewProject = z.infer<typeof newProject>
export type ProjectChange = z.infer<typeof projectChange>
/** Attributes that are no further attributes. */
export const projectAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const tagFilters = ['tags', 'tags-any', 'not-tags', 'not-tags-any'] as const
export const projectFilters = [
  'domain_id',
  'enabled',
  'name',
  'parent_id',
  'is_domain',
  ...tagFilters,
] as const
