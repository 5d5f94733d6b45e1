import { InvalidToken } from '../errors.ts'
import type { AuthTokenValues } from '../options.ts'
import { inWords, type Finding } from './finding.ts'
import type { Identity } from './identity.ts'

const check = 'service_token'

/** Would this service take a token for one of a service? */
export async function serviceToken(
  identity: Identity,
  values: AuthTokenValues,
  token: string,
): Promise<Finding> {
  try {
    const data = await identity.fetchToken(token.trim(), { allowExpired: false })
    const roles = (data.roles ?? []).map(({ name }) => name)
    const accepted = roles.filter((name) => values.service_token_roles.includes(name))
    const whose = `the token of ${data.user.name}, with the roles ${roles.join(', ') || '(none)'},`
    if (accepted.length > 0) {
      return { check, level: 'ok', message: `${whose} counts as a service's by the role ${accepted[0]}` }
    }
    const wanted = values.service_token_roles.join(', ')
    return { check, level: 'problem', message: `${whose} has none of service_token_roles (${wanted})` }
  } catch (error) {
    const message =
      error instanceof InvalidToken
        ? 'Keystone does not know the service token: never issued, expired or revoked'
        : `the service token could not be validated: ${inWords((error as Error).cause ?? error)}`
    return { check, level: 'problem', message }
  }
}

/** Does this service demand the role? */
export function roleDemanded(values: AuthTokenValues): Finding {
  const option = 'service_token_roles_required'
  if (values.service_token_roles_required) {
    return { check: 'options', level: 'ok', message: `${option} is true: only services count as services` }
  }
  const message = `${option} is false: any valid token counts as a service token`
  return { check: 'options', level: 'problem', message }
}
