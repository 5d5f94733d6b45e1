import { z } from 'zod'
import { metadata } from '../parameter-types.ts'

export const metadataBody = z.strictObject({ metadata })

export const metadataItemBody = z.strictObject({
  meta: metadata.refine((items) => Object.keys(items).length === 1, 'must be one item'),
})
