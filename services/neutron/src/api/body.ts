import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'

/**
 * Reads `{"network": {…}}`.
 *
 * @param attributes what the resource may be given
 * @throws ApiError 400 `invalid_body`; `unrecognized_attribute` for one that does not exist or cannot be set
 */
export function parseResource<T>(name: string, attributes: z.ZodType<T>, body: unknown): T {
  const { [name]: given } = parseBody(z.looseObject({ [name]: z.looseObject({}) }), body)
  const result = attributes.safeParse(given)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const place = issue.path.map(String).join('/')
  if (issue.code === 'unrecognized_keys' && place === '') {
    const names = issue.keys.map((key) => `'${key}'`).join(', ')
    throw badRequest(`Unrecognized attribute(s) ${names}`, { code: 'unrecognized_attribute' })
  }
  throw badRequest(`Invalid input for ${place === '' ? name : place}. Reason: ${issue.message}.`, {
    code: 'invalid_body',
  })
}
