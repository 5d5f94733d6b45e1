import { z } from 'zod'

const fields = {
  name: z.string().min(1).max(64).regex(/\S/),
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

/** @see Identity API v3, create domain */
export const newDomain = z.looseObject(fields)
/** @see Identity API v3, update domain */
export const domainChange = newDomain.partial()

export type NewDomain = z.infer<typeof newDomain>
export type DomainChange = z.infer<typeof domainChange>
export const domainFilters = ['name', 'enabled'] as const
