import { applicationCredentialMethod } from '../identity/application-credential.ts'
import type { AuthMethod } from '../identity/auth-method.ts'
import type { IdentityOptions } from '../identity/login.ts'
import { multifactor } from '../identity/multifactor.ts'
import { passwordMethod } from '../identity/password.ts'
import { tokenMethod } from '../identity/token.ts'
import { totpMethod } from '../identity/totp.ts'
import type { AuthPlugin } from '../plugin.ts'
import {
  applicationCredentialRules,
  contradiction,
  isNamedCredential,
  noScope,
  oneOf,
  required,
  when,
  withDomain,
  type AuthValues,
  type Rule,
} from './auth-rules.ts'

/** What one name in `auth_methods` stands for. */
interface Factor {
  /** What it needs beside the user. */
  needs: readonly Rule[]
  /** Whether it needs the user. */
  hasUser(values: AuthValues): boolean
  create(values: AuthValues): AuthMethod
}

const userOf = (values: AuthValues) => ({
  userId: values['user_id'],
  username: values['username'],
  userDomainId: values['user_domain_id'],
  userDomainName: values['user_domain_name'],
})

const factors: Readonly<Record<string, Factor>> = {
  password: {
    needs: [required('password')],
    hasUser: () => true,
    create: (values) => passwordMethod({ ...userOf(values), password: values['password'] ?? '' }),
  },
  totp: {
    needs: [required('passcode')],
    hasUser: () => true,
    create: (values) => totpMethod({ ...userOf(values), passcode: values['passcode'] ?? '' }),
  },
  token: {
    needs: [required('token')],
    hasUser: () => false,
    create: (values) => tokenMethod({ token: values['token'] ?? '' }),
  },
  applicationcredential: {
    needs: [...applicationCredentialRules, noScope],
    hasUser: isNamedCredential,
    create: (values) =>
      applicationCredentialMethod({
        ...userOf(values),
        applicationCredentialId: values['application_credential_id'],
        applicationCredentialName: values['application_credential_name'],
        applicationCredentialSecret: values['application_credential_secret'] ?? '',
      }),
  },
}

/** `v3password, v3totp` as `password` and `totp`. */
function namesOf(values: AuthValues): string[] {
  const names = (values['auth_methods'] ?? '').split(',').map((name) => name.trim().replace(/^v3/, ''))
  return names.filter((name) => name !== '')
}

const factorOf = (name: string) => (Object.hasOwn(factors, name) ? factors[name] : undefined)

export const multifactorRules = [
  required('auth_methods'),
  when(
    (values) => namesOf(values).some((name) => factorOf(name)?.hasUser(values)),
    oneOf('username', 'user_id'),
    withDomain('user'),
  ),
  ...Object.values(factors).map((factor) =>
    when((values) => namesOf(values).some((name) => factorOf(name) === factor), ...factor.needs),
  ),
  contradiction((values) => {
    const names = namesOf(values)
    const known = Object.keys(factors).map((name) => `v3${name}`)
    if (!names.every(factorOf)) return `auth_methods has other methods than ${known.join(', ')}`
    return new Set(names).size < names.length ? 'auth_methods names a method twice' : undefined
  }),
]

/** The plugin of values that obey the rules. */
export function multifactorFrom(options: IdentityOptions, values: AuthValues): AuthPlugin {
  const methods = namesOf(values).flatMap((name) => factorOf(name)?.create(values) ?? [])
  return multifactor({ ...options, methods })
}
