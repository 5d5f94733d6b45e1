import { expecting } from '../../refusal.ts'
import type { Validation } from '../../token/provider.ts'
import { tokenNotFound } from '../token-not-found.ts'
import type { AuthMethod } from './method.ts'

export interface TokenMethodDeps {
  validate: (text: string) => Promise<Validation>
}

/**
 * The method `token`: a token that holds now proves its user. The new token inherits its methods, expiry and first audit
 * id. A token that proves nothing is a 404, as in Keystone.
 *
 * @see Identity API v3, token authentication
 */
export function tokenMethod({ validate }: TokenMethodDeps): AuthMethod {
  return async ({ token }) => {
    if (!token) throw expecting('token', 'identity', 'method_missing')
    const validation = await validate(token.id)
    if ('problem' in validation) throw tokenNotFound(validation.problem)
    const { payload } = validation.token
    return { userId: payload.userId, methods: ['token', ...payload.methods], parent: payload }
  }
}
