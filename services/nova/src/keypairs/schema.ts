import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { foreignId, name, text } from '../parameter-types.ts'
import { last, pageParameters, refuseKeysOutside } from '../query-parameters.ts'

/** Characters that names have; the last two from microversion 2.92 on. */
const safeName = /^[a-zA-Z0-9_ -]*$/
const saferName = /^[a-zA-Z0-9_ @.-]*$/

/** As long as the column of the original. */
const publicKey = text(0, 65_535)

const createKeypairBody = z.strictObject({
  keypair: z.strictObject({
    name,
    public_key: publicKey.optional(),
    type: z.enum(['ssh', 'x509']).default('ssh'),
    user_id: foreignId.optional(),
  }),
})

const importKeypairBody = z.strictObject({
  keypair: createKeypairBody.shape.keypair.extend({ public_key: publicKey }),
})

export type CreateKeypairRequest = z.infer<typeof createKeypairBody>['keypair']

/** Reads the body of `POST /os-keypairs`. @throws ApiError 400 */
export function parseCreateKeypair(body: unknown, version: Microversion): CreateKeypairRequest {
  refuseKeysOutside(body, 'keypair', version, { type: { from: '2.2' }, user_id: { from: '2.10' } })
  const importsOnly = version.atLeast('2.92')
  const { keypair } = parseBody(importsOnly ? importKeypairBody : createKeypairBody, body)
  const shape = importsOnly ? saferName : safeName
  parseBody(z.object({ name: z.string().regex(shape, 'has a character that is not allowed') }), keypair)
  return keypair
}

/** Query of `GET` and `DELETE /os-keypairs/{name}`. */
export const keypairQuery = { user_id: last(foreignId).optional() }

/** Query of `GET /os-keypairs`. */
export const keypairListQuery = { ...keypairQuery, ...pageParameters }

/** Versions that know these parameters. */
export const keypairQueryWindows = {
  user_id: { from: '2.10' },
  limit: { from: '2.35' },
  marker: { from: '2.35' },
} as const
