import { z } from 'zod'
import { badRequest, text } from '@longhaul/oslo/api'

/** What a host says of itself when it connects; only some of it means something here. */
export const connector = z.looseObject({
  host: text(0, 255).nullish(),
  mountpoint: text(0, 255).nullish(),
  mode: z.enum(['rw', 'ro']).nullish(),
})

export type Connector = z.output<typeof connector>

const longestConnector = 65_535

/** @throws ApiError 400 `invalid_body` for a connector that the database cannot hold */
export function storable(wanted: Connector): Connector {
  const json = JSON.stringify(wanted)
  // NUL and halves of surrogate pairs are escaped by then.
  if (json.length > longestConnector || /\\u0000|\\ud[89a-f]/i.test(json)) {
    throw badRequest('The connector has what cannot be stored.', { code: 'invalid_body' })
  }
  return wanted
}
