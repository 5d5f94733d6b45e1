import type { AccessRule, TokenData } from '@longhaul/keystoneauth'
import { pathMatches } from './access-rule-path.ts'
import type { Reason } from './reasons.ts'

/** What an access rule is compared with. */
export interface RuledRequest {
  method: string
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
  if (isOwnValidation(request)) return undefined
  if (!token.catalog?.some((service) => service.type === serviceType))
    return 'access_rules_service_not_in_catalog'
  if (request.serviceConfirmed) return undefined
  return rules.some((rule) => covers(rule, request)) ? undefined : 'access_rules_no_match'
}

// Every client validates its own token at Keystone, whatever its rules say.
function isOwnValidation(request: RuledRequest): boolean {
  return (
    request.serviceType === 'identity' &&
    request.method === 'GET' &&
    pathOf(request.path).endsWith('/v3/auth/tokens')
  )
}

function covers(rule: AccessRule, request: RuledRequest): boolean {
  return (
    rule.service === request.serviceType &&
    rule.method === request.method &&
    pathMatches(rule.path, pathOf(request.path))
  )
}

// The path without its query, each segment decoded; one whose decoded form would add a segment stays as it came.
function pathOf(path: string): string {
  const bare = path.split('?', 1)[0] ?? ''
  if (!bare.includes('%')) return bare
  return bare.split('/').map(decodeSegment).join('/')
}

function decodeSegment(segment: string): string {
  try {
    const decoded = decodeURIComponent(segment)
    return decoded.includes('/') ? segment : decoded
  } catch {
    return segment
  }
}
