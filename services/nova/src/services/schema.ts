import { z } from 'zod'
import { boolean, fqdn, text } from '../parameter-types.ts'
import { anyText, last } from '../query-parameters.ts'

/** Query of `GET /os-services`. */
export const serviceListQuery = { host: last(anyText).optional(), binary: last(anyText).optional() }

const reason = text(1, 255)

/** Body of `PUT /os-services/enable` and its like, up to microversion 2.52. */
export const serviceActionBody = z.strictObject({
  host: fqdn,
  binary: text(1, 255),
  disabled_reason: reason.optional(),
})

/** The same from 2.11 on. */
export const serviceActionBody211 = serviceActionBody.extend({ forced_down: boolean.optional() })

export type ServiceAction = z.infer<typeof serviceActionBody211>

/** Body of `PUT /os-services/{id}` from 2.53 on. */
export const updateServiceBody = z.strictObject({
  status: z.enum(['enabled', 'disabled']).optional(),
  disabled_reason: reason.optional(),
  forced_down: boolean.optional(),
})

export type UpdateServiceRequest = z.infer<typeof updateServiceBody>
