import type { AccessRule, TokenData } from '@longhaul/keystoneauth'
import { pathMatches } from './access-rule-path.ts'
import type { Reason } from './reasons.ts'
import { readingsOf } from './request-path.ts'

/** What an access rule is compared with. */
export interface RuledRequest {
  method: string
  /** As it was sent. */
  path: string
  /** Catalog type of this service; undefined when the operator did not say. */
  serviceType: string | undefined
  /** Whether a service token confirmed by its role came along: a service calls in the course of a request already checked. */
  serviceConfirmed: boolean
}

/**
 * Whether an application credential's access rules let the request pass; tokens without rules always do.
 *
 * @returns the reason of a refusal
 * @see keystonemiddleware auth_token, access rules
 */
export function accessRulesRefusal(token: TokenData, request: RuledRequest): Reason | undefined {
  const rules = token.application_credential?.access_rules
  if (rules === undefined || rules === null) return undefined
  const { serviceType } = request
  if (!serviceType) return 'access_rules_service_type_unset'
  const readings = readingsOf(request.path)
  if (isOwnValidation(request, readings)) return undefined
  if (!token.catalog?.some((service) => service.type === serviceType))
    return 'access_rules_service_not_in_catalog'
  if (request.serviceConfirmed) return undefined
  return rules.some((rule) => covers(rule, request, readings)) ? undefined : 'access_rules_no_match'
}

// Every client validates its own token at Keystone, whatever its rules say.
function isOwnValidation(request: RuledRequest, readings: readonly string[]): boolean {
  return (
    request.serviceType === 'identity' &&
    request.method === 'GET' &&
    readings.every((path) => path.endsWith('/v3/auth/tokens'))
  )
}

function covers(rule: AccessRule, request: RuledRequest, readings: readonly string[]): boolean {
  return (
    rule.service === request.serviceType &&
    rule.method === request.method &&
    readings.every((path) => pathMatches(rule.path, path))
  )
}
