import { z } from 'zod'
import { maxTags, tag } from '../parameter-types.ts'

/** Body of `PUT /servers/{id}/tags`. */
export const tagsBody = z.strictObject({ tags: z.array(tag).max(maxTags) })
