import type { TokenPayload } from '../../token/payload.ts'
import type { IdentityRequest } from '../schema.ts'

/** Who a login proved to be, by which methods, and from which token. */
export interface Proven {
  userId: string
  methods: readonly string[]
  parent?: TokenPayload
}

/**
 * One way to prove an identity.
 *
 * @throws ApiError 400 if the method's data are missing, 401 or 404 if they prove nothing
 */
export type AuthMethod = (identity: IdentityRequest) => Promise<Proven>
