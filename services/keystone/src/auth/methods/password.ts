import { expecting, notAuthenticated } from '../../refusal.ts'
import { findUser, type Directory } from '../directory.ts'
import type { AuthMethod } from './method.ts'

export interface PasswordMethodDeps {
  directory: Directory
  /** Compares with a hash, or does the same work in vain without one. */
  checkPassword: (password: string, hash: string | undefined) => Promise<boolean>
}

/**
 * The method `password`. Wrong user, domain and password have one answer, and take the same work; whether user and domain
 * are enabled is looked at when the token is made, with the same answer again.
 *
 * @see Identity API v3, password authentication
 */
export function passwordMethod({ directory, checkPassword }: PasswordMethodDeps): AuthMethod {
  return async ({ password }) => {
    if (!password) throw expecting('password', 'identity', 'method_missing')
    const user = await findUser(directory, password.user)
    const hash = user?.password_hash ?? undefined
    const matches = await checkPassword(password.user.password ?? '', hash)
    if (!user || !matches) throw notAuthenticated('unknown user or wrong password')
    // The check has waited for its turn: a password that was changed meanwhile is none any more.
    const now = await directory.user(user.id)
    if (now?.password_hash !== hash) throw notAuthenticated('the password was changed during the login')
    return { userId: user.id, methods: ['password'] }
  }
}
