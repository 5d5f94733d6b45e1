import { z } from 'zod'

const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9-]+$/)
const fields = {
  name: z.string().min(1).max(64).regex(/\S/),
  domain_id: id.nullable().optional(),
  parent_id: id.nullable().optional(),
  is_domain: z.boolean().optional(),
  description: z.string().nullable().optional(),
  enabled: z.boolean().nullable().optional(),
  tags: z
    .array(
      z
        .string()
        .min(1)
        .max(255)
        .regex(/^[^,/]*$/),
    )
    .optional(),
  options: z.record(z.string(), z.unknown()).optional(),
}

/** @see Identity API v3, create project */
export const newProject = z.looseObject(fields)
/** @see Identity API v3, update project */
export const projectChange = newProject.partial()

export type NewProject = z.infer<typeof newProject>
export type ProjectChange = z.infer<typeof projectChange>
/** Attributes that are no further attributes. */
export const projectAttributes = [...Object.keys(fields), 'id', 'links', 'extra']
export const projectFilters = ['name', 'domain_id', 'parent_id', 'enabled'] as const
