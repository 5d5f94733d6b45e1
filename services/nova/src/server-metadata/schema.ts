import { z } from 'zod'
import { metadata, metadataItem } from '../parameter-types.ts'

/** Body of `POST` and `PUT /servers/{id}/metadata`. */
export const metadataBody = z.strictObject({ metadata })

/** Body of `PUT /servers/{id}/metadata/{key}`. */
export const metadataItemBody = z.strictObject({ meta: metadataItem })
